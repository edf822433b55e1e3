// Extended attributes of any entry: symlinks, fifos, devices, and files that may not be read. Each call gives 0 or an errno.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "beneath.h"

class XattrEntry {
 public:
  explicit XattrEntry(const Place& place);
  // The names, each ended by a NUL. The result lies in the buffer, which is made large enough for anything.
  int list(std::vector<char>& buffer, std::string_view& names) const;
  int get(const char* name, std::vector<char>& buffer, std::string_view& value) const;
  int set(const char* name, const std::string& value) const;
  int remove(const char* name) const;

 private:
  std::string path_;
};

// One attribute of an entry that is needed once.
int readXattr(const Place& place, const char* name, std::vector<char>& buffer, std::string_view& value);
// The same of what is open.
int readXattr(int fd, const char* name, std::vector<char>& buffer, std::string_view& value);
// The same, where most have none: that is found out without memory for a value.
int readRareXattr(int fd, const char* name, std::vector<char>& buffer, std::string_view& value);
