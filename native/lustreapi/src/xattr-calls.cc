#include "xattr-calls.h"

#include <errno.h>
#include <sys/xattr.h>

#include "open-entry.h"

namespace {

// The kernel's limit for a value and for a list of names.
constexpr size_t kMaxBytes = 65536;

// Runs `call` with a buffer that is large enough for anything, and leaves it at the size of the result.
template <typename Call>
int intoBuffer(std::vector<char>& buffer, Call call) {
  buffer.resize(kMaxBytes);
  const ssize_t size = call(buffer.data(), buffer.size());
  buffer.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return size < 0 ? errno : 0;
}

}  // namespace

int XattrEntry::open(const Place& place) {
  if (const int error = openName(place, fd_)) return error;
  // The calls take no O_PATH descriptor, but follow its link in /proc to exactly that inode, a symlink too.
  path_ = procPath(fd_.get());
  return 0;
}

int XattrEntry::list(std::vector<char>& names) const {
  return intoBuffer(names, [&](char* buffer, size_t size) { return listxattr(path_.c_str(), buffer, size); });
}

int XattrEntry::get(const char* name, std::vector<char>& value) const {
  return intoBuffer(value, [&](char* buffer, size_t size) { return getxattr(path_.c_str(), name, buffer, size); });
}

int XattrEntry::set(const char* name, const std::string& value) const {
  return setxattr(path_.c_str(), name, value.data(), value.size(), 0) == 0 ? 0 : errno;
}

int XattrEntry::remove(const char* name) const { return removexattr(path_.c_str(), name) == 0 ? 0 : errno; }

int readXattr(const Place& place, const char* name, std::vector<char>& value) {
  XattrEntry entry;
  const int error = entry.open(place);
  return error != 0 ? error : entry.get(name, value);
}
