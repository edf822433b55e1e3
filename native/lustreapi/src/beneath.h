// Resolving a path beneath a root without ever following a symlink.
#pragma once

#include <string>
#include <string_view>

#include "fd.h"

// Where a path's last component is: `name` in the directory `dirFd`. For the root itself the name is ".".
struct Place {
  int dirFd = -1;
  const char* name = nullptr;
};

// 0, or the errno that refuses the path: EINVAL for a component that is empty, "." or "..", or holds a NUL; ENAMETOOLONG for one
// of more than 255 bytes.
int checkPath(std::string_view path);

// The errno for an entry that could not be opened as a directory: the kernel says ENOTDIR for a symlink that it did not follow, this ELOOP.
int directoryError(int error, int dirFd, const char* name);

// Resolves paths beneath one root and remembers the last directory, so that a run of entries of one directory is resolved once.
// Not thread-safe: each thread has its own.
class Resolver {
 public:
  explicit Resolver(int rootFd) : rootFd_(rootFd) {}

  // 0 or an errno: ELOOP for a symlink where a directory should be. `place` is valid until the next call.
  int locate(std::string_view path, Place& place);

 private:
  int openDirectory(std::string_view directory);

  int rootFd_;
  std::string directory_;
  Fd directoryFd_;
  std::string name_;
};

// Whether directories are opened with openat2. Process-wide; false makes the component-wise walk run, which old kernels need.
void setOpenat2Enabled(bool enabled);
