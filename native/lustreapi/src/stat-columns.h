// Attributes of many entries, a column for each.
#pragma once

#include <node_api.h>
#include <sys/stat.h>

#include <cstdint>
#include <vector>

#include "beneath.h"

// Attributes of the entry itself, `STATX_…`. 0 or an errno.
int statPlace(const Place& place, unsigned wanted, struct statx& found);

// The same of what is open.
int statOpen(int fd, unsigned wanted, struct statx& found);

int64_t nanoseconds(const struct statx_timestamp& time);

class StatColumns {
 public:
  explicit StatColumns(size_t count);

  void put(size_t row, const struct statx& found);
  // Null if it could not be made.
  napi_value toObject(napi_env env) const;

  // 0, or why a row has nothing.
  std::vector<int32_t> error;

 private:
  std::vector<uint32_t> mode_, uid_, gid_, nlink_, rdevMajor_, rdevMinor_;
  std::vector<int64_t> size_, blocks_, mtime_, ctime_, atime_;
  std::vector<uint64_t> ino_, dev_;
};
