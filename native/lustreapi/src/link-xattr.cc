#include "link-xattr.h"

#include <endian.h>

#include <cstring>

#include "fid.h"

namespace {

constexpr uint32_t kMagic = 0x11EAF1DF;
constexpr size_t kHeaderBytes = 24;
// A big-endian length of the whole entry, then the parent's FID, big-endian, then the name.
constexpr size_t kEntryHead = 2 + kFidBytes;

template <typename T>
T read(const char* bytes) {
  T value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

Fid bigEndianFid(const char* bytes) {
  return {be64toh(read<uint64_t>(bytes)), be32toh(read<uint32_t>(bytes + 8)), be32toh(read<uint32_t>(bytes + 12))};
}

}  // namespace

bool addLinks(std::string_view value, Strings& found) {
  if (value.size() < kHeaderBytes || le32toh(read<uint32_t>(value.data())) != kMagic) return false;
  const uint32_t count = le32toh(read<uint32_t>(value.data() + 4));
  size_t at = kHeaderBytes;
  for (uint32_t i = 0; i < count; i++) {
    if (value.size() - at < kEntryHead) return false;
    const char* entry = value.data() + at;
    const size_t length = be16toh(read<uint16_t>(entry));
    if (length <= kEntryHead || length > value.size() - at) return false;
    const Fid parent = bigEndianFid(entry + 2);
    found.add({entry + kEntryHead, length - kEntryHead}, &parent, kFidBytes);
    at += length;
  }
  return true;
}
