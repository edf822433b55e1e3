// The packed changelog records of the device: only how long each is.
#pragma once

#include <cstddef>
#include <cstdint>

enum class RecordState {
  Whole,       // a record of `size` bytes
  Partial,     // more bytes are needed
  Impossible,  // no record of Lustre looks like this
  Unknown,     // it carries an extension whose size this program does not know
};

struct RecordSize {
  RecordState state;
  size_t size;
};

// A fixed part, all extensions and two names, with room to spare.
constexpr size_t kRecordMax = 2048;

RecordSize recordSize(const uint8_t* bytes, size_t available);
