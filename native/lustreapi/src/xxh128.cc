// XXH3 with 128 bits, of inputs longer than 240 bytes: what hashing costs decides how fast a large file that did not change is compared.
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "xxh128.h"

namespace {

constexpr uint64_t PRIME32_1 = 0x9E3779B1, PRIME32_2 = 0x85EBCA77, PRIME32_3 = 0xC2B2AE3D;
constexpr uint64_t PRIME64_1 = 0x9E3779B185EBCA87, PRIME64_2 = 0xC2B2AE3D27D4EB4F, PRIME64_3 = 0x165667B19E3779F9;
constexpr uint64_t PRIME64_4 = 0x85EBCA77C2B2AE63, PRIME64_5 = 0x27D4EB2F165667C5;

constexpr size_t STRIPE_BYTES = 64;
constexpr size_t LANES = 8;
constexpr size_t SECRET_BYTES = 192;
constexpr size_t SECRET_STEP = 8;
constexpr size_t STRIPES_PER_BLOCK = (SECRET_BYTES - STRIPE_BYTES) / SECRET_STEP;
constexpr size_t BLOCK_BYTES = STRIPES_PER_BLOCK * STRIPE_BYTES;

// The secret of the algorithm's own definition.
constexpr uint8_t SECRET[SECRET_BYTES] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
    0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
    0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
    0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
    0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

uint64_t read64(const uint8_t* from) {
  uint64_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

// Adds stripes to the lanes; which secret a stripe meets depends on its place in its block.
using Accumulate = void (*)(uint64_t* acc, const uint8_t* stripes, size_t count, const uint8_t* secret);

#if defined(__x86_64__)

__attribute__((target("avx2"))) void accumulateAvx2(uint64_t* acc, const uint8_t* stripes, size_t count, const uint8_t* secret) {
  auto* lanes = reinterpret_cast<__m256i*>(acc);
  __m256i low = _mm256_loadu_si256(lanes), high = _mm256_loadu_si256(lanes + 1);
  for (size_t i = 0; i < count; ++i) {
    const auto* data = reinterpret_cast<const __m256i*>(stripes + i * STRIPE_BYTES);
    const auto* key = reinterpret_cast<const __m256i*>(secret + i * SECRET_STEP);
    for (int half = 0; half < 2; ++half) {
      const __m256i value = _mm256_loadu_si256(data + half);
      const __m256i mixed = _mm256_xor_si256(value, _mm256_loadu_si256(key + half));
      const __m256i product = _mm256_mul_epu32(mixed, _mm256_srli_epi64(mixed, 32));
      const __m256i swapped = _mm256_shuffle_epi32(value, _MM_SHUFFLE(1, 0, 3, 2));
      __m256i& lane = half == 0 ? low : high;
      lane = _mm256_add_epi64(lane, _mm256_add_epi64(product, swapped));
    }
  }
  _mm256_storeu_si256(lanes, low);
  _mm256_storeu_si256(lanes + 1, high);
}

#endif

void accumulatePlain(uint64_t* acc, const uint8_t* stripes, size_t count, const uint8_t* secret) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t lane = 0; lane < LANES; ++lane) {
      const uint64_t value = read64(stripes + i * STRIPE_BYTES + 8 * lane);
      const uint64_t mixed = value ^ read64(secret + i * SECRET_STEP + 8 * lane);
      acc[lane ^ 1] += value;
      acc[lane] += (mixed & 0xFFFFFFFF) * (mixed >> 32);
    }
  }
}

Accumulate fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return accumulateAvx2;
#endif
  return accumulatePlain;
}

void scramble(uint64_t* acc) {
  for (size_t lane = 0; lane < LANES; ++lane) {
    acc[lane] = (acc[lane] ^ (acc[lane] >> 47) ^ read64(SECRET + SECRET_BYTES - STRIPE_BYTES + 8 * lane)) * PRIME32_1;
  }
}

inline uint64_t foldedProduct(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t merge(const uint64_t* acc, const uint8_t* secret, uint64_t start) {
  uint64_t sum = start;
  for (size_t i = 0; i < LANES; i += 2) sum += foldedProduct(acc[i] ^ read64(secret + 8 * i), acc[i + 1] ^ read64(secret + 8 * i + 8));
  sum = (sum ^ (sum >> 37)) * 0x165667919E3779F9;
  return sum ^ (sum >> 32);
}

void writeBigEndian(uint64_t value, uint8_t* to) {
  value = __builtin_bswap64(value);
  memcpy(to, &value, sizeof value);
}

void accumulateAll(uint64_t* acc, const uint8_t* input, size_t length) {
  static const Accumulate accumulate = fastest();
  const size_t blocks = (length - 1) / BLOCK_BYTES;
  for (size_t block = 0; block < blocks; ++block) {
    accumulate(acc, input + block * BLOCK_BYTES, STRIPES_PER_BLOCK, SECRET);
    scramble(acc);
  }
  const size_t stripes = (length - 1 - blocks * BLOCK_BYTES) / STRIPE_BYTES;
  accumulate(acc, input + blocks * BLOCK_BYTES, stripes, SECRET);
  accumulate(acc, input + length - STRIPE_BYTES, 1, SECRET + SECRET_BYTES - STRIPE_BYTES - 7);
}

}  // namespace

void xxh128(const uint8_t* input, size_t length, uint8_t* digest) {
  uint64_t acc[LANES] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
  accumulateAll(acc, input, length);
  writeBigEndian(merge(acc, SECRET + SECRET_BYTES - STRIPE_BYTES - 11, ~(length * PRIME64_2)), digest);
  writeBigEndian(merge(acc, SECRET + 11, length * PRIME64_1), digest + 8);
}
