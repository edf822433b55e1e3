// XXH3 with 128 bits, of inputs of up to 240 bytes: four ways, by length.
#include "xxh128-parts.h"

using namespace xxh;

namespace {

uint64_t avalanche64(uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * PRIME64_2;
  hash = (hash ^ (hash >> 29)) * PRIME64_3;
  return hash ^ (hash >> 32);
}

uint64_t secretPair(size_t at) { return read64(SECRET + at) ^ read64(SECRET + at + 8); }

Pair upTo3(const uint8_t* input, size_t length) {
  const uint32_t low = (static_cast<uint32_t>(input[0]) << 16) | (static_cast<uint32_t>(input[length >> 1]) << 24) | input[length - 1] |
                       (static_cast<uint32_t>(length) << 8);
  const uint32_t swapped = __builtin_bswap32(low);
  const uint32_t high = (swapped << 13) | (swapped >> 19);
  return {avalanche64(low ^ static_cast<uint64_t>(read32(SECRET) ^ read32(SECRET + 4))),
          avalanche64(high ^ static_cast<uint64_t>(read32(SECRET + 8) ^ read32(SECRET + 12)))};
}

Pair upTo8(const uint8_t* input, size_t length) {
  const uint64_t both = read32(input) + (static_cast<uint64_t>(read32(input + length - 4)) << 32);
  Pair hash = product(both ^ secretPair(16), PRIME64_1 + (length << 2));
  hash.high += hash.low << 1;
  hash.low ^= hash.high >> 3;
  hash.low = (hash.low ^ (hash.low >> 35)) * 0x9FB21C651E98DF25;
  hash.low ^= hash.low >> 28;
  return {hash.low, avalanche(hash.high)};
}

Pair upTo16(const uint8_t* input, size_t length) {
  const uint64_t first = read64(input);
  uint64_t last = read64(input + length - 8);
  Pair mixed = product(first ^ last ^ secretPair(32), PRIME64_1);
  mixed.low += static_cast<uint64_t>(length - 1) << 54;
  last ^= secretPair(48);
  mixed.high += last + static_cast<uint64_t>(static_cast<uint32_t>(last)) * (PRIME32_2 - 1);
  mixed.low ^= __builtin_bswap64(mixed.high);
  const Pair hash = product(mixed.low, PRIME64_2);
  return {avalanche(hash.low), avalanche(hash.high + mixed.high * PRIME64_2)};
}

uint64_t mix16(const uint8_t* input, const uint8_t* secret) {
  return foldedProduct(read64(input) ^ read64(secret), read64(input + 8) ^ read64(secret + 8));
}

void mix32(Pair& acc, const uint8_t* first, const uint8_t* second, const uint8_t* secret) {
  acc.low = (acc.low + mix16(first, secret)) ^ (read64(second) + read64(second + 8));
  acc.high = (acc.high + mix16(second, secret + 16)) ^ (read64(first) + read64(first + 8));
}

Pair endOf(Pair acc, size_t length) {
  const uint64_t high = acc.low * PRIME64_1 + acc.high * PRIME64_4 + length * PRIME64_2;
  return {avalanche(acc.low + acc.high), 0 - avalanche(high)};
}

// From both ends to the middle.
Pair upTo128(const uint8_t* input, size_t length) {
  Pair acc = {length * PRIME64_1, 0};
  for (size_t step = (length - 1) / 32 + 1; step-- > 0;) {
    mix32(acc, input + 16 * step, input + length - 16 * (step + 1), SECRET + 32 * step);
  }
  return endOf(acc, length);
}

Pair upTo240(const uint8_t* input, size_t length) {
  Pair acc = {length * PRIME64_1, 0};
  for (size_t end = 32; end < 160; end += 32) mix32(acc, input + end - 32, input + end - 16, SECRET + end - 32);
  acc = {avalanche(acc.low), avalanche(acc.high)};
  for (size_t end = 160; end <= length; end += 32) mix32(acc, input + end - 32, input + end - 16, SECRET + 3 + end - 160);
  mix32(acc, input + length - 16, input + length - 32, SECRET + 136 - 17 - 16);
  return endOf(acc, length);
}

}  // namespace

Pair xxh128Short(const uint8_t* input, size_t length) {
  if (length == 0) return {avalanche64(secretPair(64)), avalanche64(secretPair(80))};
  if (length <= 3) return upTo3(input, length);
  if (length <= 8) return upTo8(input, length);
  if (length <= 16) return upTo16(input, length);
  return length <= 128 ? upTo128(input, length) : upTo240(input, length);
}
