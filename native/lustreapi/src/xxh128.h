// XXH3 with 128 bits, canonical form.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr size_t XXH128_BYTES = 16;

// The digest of bytes in memory.
void xxh128(const uint8_t* input, size_t length, uint8_t* digest);

// The digest of a known number of bytes that come piece by piece, so that each piece can be hashed while it is in the cache.
class Xxh128Stream {
 public:
  // What the size of every piece but the last has to be a multiple of.
  static constexpr size_t PIECE_BYTES = 1024;
  // Fewer bytes are hashed at once: by xxh128.
  static constexpr size_t LENGTH_MIN = 241;

  explicit Xxh128Stream(size_t length);
  void add(const uint8_t* piece, size_t bytes);
  // After the last piece.
  void finish(uint8_t* digest);

 private:
  static constexpr size_t STRIPE_BYTES = 64;

  size_t length_;
  size_t added_ = 0;
  uint64_t acc_[8];
  uint8_t last_[STRIPE_BYTES];
};
