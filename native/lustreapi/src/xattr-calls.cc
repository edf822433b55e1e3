#include "xattr-calls.h"

#include <errno.h>
#include <sys/xattr.h>

#include "open-entry.h"

namespace {

// The kernel's limit for a value and for a list of names. It clears as much memory as it is told to fill, so most are asked for with less.
constexpr size_t kMaxBytes = 65536;
constexpr size_t kMostBytes = 512;

template <typename Call>
int intoBuffer(std::vector<char>& buffer, std::string_view& result, Call call) {
  if (buffer.size() < kMostBytes) buffer.resize(kMostBytes);
  ssize_t size = call(buffer.data(), kMostBytes);
  if (size < 0 && errno == ERANGE) {
    if (buffer.size() < kMaxBytes) buffer.resize(kMaxBytes);
    size = call(buffer.data(), buffer.size());
  }
  if (size < 0) return errno;
  result = {buffer.data(), static_cast<size_t>(size)};
  return 0;
}

}  // namespace

XattrEntry::XattrEntry(const Place& place) : path_(procPath(place)) {}

int XattrEntry::list(std::vector<char>& buffer, std::string_view& names) const {
  return intoBuffer(buffer, names, [&](char* data, size_t size) { return llistxattr(path_.c_str(), data, size); });
}

int XattrEntry::get(const char* name, std::vector<char>& buffer, std::string_view& value) const {
  return intoBuffer(buffer, value, [&](char* data, size_t size) { return lgetxattr(path_.c_str(), name, data, size); });
}

int XattrEntry::set(const char* name, const std::string& value) const {
  return lsetxattr(path_.c_str(), name, value.data(), value.size(), 0) == 0 ? 0 : errno;
}

int XattrEntry::remove(const char* name) const { return lremovexattr(path_.c_str(), name) == 0 ? 0 : errno; }

int readXattr(const Place& place, const char* name, std::vector<char>& buffer, std::string_view& value) {
  return XattrEntry(place).get(name, buffer, value);
}

int readXattr(int fd, const char* name, std::vector<char>& buffer, std::string_view& value) {
  return intoBuffer(buffer, value, [&](char* data, size_t size) { return fgetxattr(fd, name, data, size); });
}

int readRareXattr(int fd, const char* name, std::vector<char>& buffer, std::string_view& value) {
  if (fgetxattr(fd, name, nullptr, 0) < 0) return errno;
  return readXattr(fd, name, buffer, value);
}
