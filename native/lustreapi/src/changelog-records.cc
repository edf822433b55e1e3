#include "changelog-records.h"

#include <cstring>

namespace {

constexpr size_t kFixedPart = 64;
constexpr uint32_t kTypeMax = 64;

constexpr uint16_t kRename = 0x2000;
constexpr uint16_t kJobid = 0x4000;
constexpr uint16_t kExtra = 0x8000;

constexpr uint64_t kUidGid = 0x1;
constexpr uint64_t kNid = 0x2;
constexpr uint64_t kOpen = 0x4;
constexpr uint64_t kXattr = 0x8;
constexpr uint64_t kNidBigEndian = 0x10;  // no extension, a form of the NID

size_t extraSize(uint64_t extra) {
  return (extra & kUidGid ? 16 : 0) + (extra & kNid ? 24 : 0) + (extra & kOpen ? 4 : 0) + (extra & kXattr ? 256 : 0);
}

template <typename T>
T read(const uint8_t* bytes) {
  T value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

RecordSize recordSize(const uint8_t* bytes, size_t available) {
  if (available < kFixedPart) return {RecordState::Partial, kFixedPart};
  const auto flags = read<uint16_t>(bytes + 2);
  if (read<uint32_t>(bytes + 4) > kTypeMax) return {RecordState::Impossible, 0};
  size_t size = kFixedPart + (flags & kRename ? 32 : 0) + (flags & kJobid ? 32 : 0);
  if (flags & kExtra) {
    if (available < size + 8) return {RecordState::Partial, size + 8};
    const auto extra = read<uint64_t>(bytes + size);
    if (extra & ~(kUidGid | kNid | kOpen | kXattr | kNidBigEndian)) return {RecordState::Unknown, 0};
    size += 8 + extraSize(extra);
  }
  size += read<uint16_t>(bytes);
  if (size > kRecordMax) return {RecordState::Impossible, 0};
  return {size <= available ? RecordState::Whole : RecordState::Partial, size};
}
