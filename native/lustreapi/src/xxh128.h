// XXH3 with 128 bits.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr size_t XXH128_BYTES = 16;
// Shorter inputs are hashed in other ways, which nothing here needs.
constexpr size_t XXH128_LENGTH_MIN = 241;

// The canonical digest of at least XXH128_LENGTH_MIN bytes.
void xxh128(const uint8_t* input, size_t length, uint8_t* digest);
