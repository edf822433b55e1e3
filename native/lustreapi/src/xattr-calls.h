// Extended attributes of any entry: symlinks, fifos, devices, and files that may not be read. Each call gives 0 or an errno.
#pragma once

#include <string>
#include <vector>

#include "beneath.h"
#include "fd.h"

class XattrEntry {
 public:
  int open(const Place& place);
  // The names, each ended by a NUL.
  int list(std::vector<char>& names) const;
  int get(const char* name, std::vector<char>& value) const;
  int set(const char* name, const std::string& value) const;
  int remove(const char* name) const;

 private:
  Fd fd_;
  std::string path_;
};

// One attribute of an entry that is needed once.
int readXattr(const Place& place, const char* name, std::vector<char>& value);
