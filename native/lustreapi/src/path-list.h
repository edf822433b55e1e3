// Lists of byte strings as they cross the addon: all bytes in one array, and the exclusive end of each string.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string_view>
#include <vector>

// A copy of a caller's list, so that nothing the caller does to its arrays can reach the threads.
class PathList {
 public:
  PathList() = default;
  // Reads (bytes: Uint8Array, ends: Uint32Array); throws a RangeError if the ends do not fit the bytes.
  static PathList copyOf(const Napi::Value& bytes, const Napi::Value& ends);

  size_t size() const { return ends_.size(); }
  std::string_view at(size_t index) const {
    const size_t start = index == 0 ? 0 : ends_[index - 1];
    return {reinterpret_cast<const char*>(bytes_.data()) + start, ends_[index] - start};
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> ends_;
};

// The byte strings that one thread found, in the order in which it found them; each may carry a tag of a fixed size.
struct Strings {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> lengths;
  std::vector<uint8_t> tags;

  void add(std::string_view text, const void* tag = nullptr, size_t tagSize = 0);
  // Drops all strings from `count` on.
  void truncate(size_t count, size_t tagSize = 0);
  // Sorts the strings from `firstString` (at byte `firstByte`) on by their bytes.
  void sortFrom(size_t firstString, size_t firstByte, size_t tagSize = 0);
};

// One group of strings for each item, found by several threads and put together in item order.
class Groups {
 public:
  Groups(size_t itemCount, size_t tagSize) : slices_(itemCount), tagSize_(tagSize) {}

  size_t tagSize() const { return tagSize_; }
  // Says that what `lane` has found from string `firstString` (at byte `firstByte`) on belongs to `item`.
  void claim(size_t item, size_t lane, const Strings& found, size_t firstString, size_t firstByte);
  // Joins the groups. False if the result does not fit 32-bit offsets.
  bool join(const std::vector<const Strings*>& lanes);

  std::vector<uint32_t> starts;
  std::vector<uint32_t> ends;
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> tags;

 private:
  struct Slice {
    size_t lane = 0;
    size_t firstString = 0;
    size_t firstByte = 0;
    size_t count = 0;
    size_t byteCount = 0;
  };
  std::vector<Slice> slices_;
  size_t tagSize_;
};
