#include "xattr-calls.h"

#include <errno.h>
#include <sys/xattr.h>

#include "open-entry.h"

namespace {

// The kernel's limits for a value and for a list of names.
constexpr size_t kMaxBytes = 65536;

// The calls take no O_PATH descriptor, but follow its link in /proc to exactly that inode, a symlink too.
template <typename Call>
int onEntry(const Place& place, Call call) {
  Fd fd;
  if (const int error = openName(place, fd)) return error;
  return call(procPath(fd.get()).c_str()) >= 0 ? 0 : errno;
}

// Runs `call` with a buffer that is large enough for anything, and leaves it at the size of the result.
template <typename Call>
int intoBuffer(const Place& place, std::vector<char>& buffer, Call call) {
  return onEntry(place, [&](const char* path) {
    buffer.resize(kMaxBytes);
    const ssize_t size = call(path, buffer.data(), buffer.size());
    if (size >= 0) buffer.resize(static_cast<size_t>(size));
    return size;
  });
}

}  // namespace

int listXattrs(const Place& place, std::vector<char>& names) { return intoBuffer(place, names, listxattr); }

int getXattr(const Place& place, const char* name, std::vector<char>& value) {
  return intoBuffer(place, value, [&](const char* path, char* buffer, size_t size) { return getxattr(path, name, buffer, size); });
}

int setXattr(const Place& place, const char* name, const std::string& value) {
  return onEntry(place, [&](const char* path) { return setxattr(path, name, value.data(), value.size(), 0); });
}

int removeXattr(const Place& place, const char* name) {
  return onEntry(place, [&](const char* path) { return removexattr(path, name); });
}
