// XXH3 with 128 bits: what hashing costs decides how fast a large file that did not change is compared.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "xxh128.h"

#include "xxh128-parts.h"

using namespace xxh;

namespace {

constexpr size_t STRIPE_BYTES = 64;
constexpr size_t LANES = 8;
constexpr size_t SECRET_STEP = 8;
constexpr size_t STRIPES_PER_BLOCK = (SECRET_BYTES - STRIPE_BYTES) / SECRET_STEP;
constexpr size_t BLOCK_BYTES = STRIPES_PER_BLOCK * STRIPE_BYTES;
static_assert(Xxh128Stream::PIECE_BYTES == BLOCK_BYTES);

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

uint64_t merge(const uint64_t* acc, const uint8_t* secret, uint64_t start) {
  uint64_t sum = start;
  for (size_t i = 0; i < LANES; i += 2) sum += foldedProduct(acc[i] ^ read64(secret + 8 * i), acc[i + 1] ^ read64(secret + 8 * i + 8));
  return avalanche(sum);
}

const Accumulate accumulate = fastest();

constexpr uint64_t START[LANES] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};

// All blocks but the last, and what the last one has of whole stripes; the very last stripe is added by itself.
void accumulateAll(uint64_t* acc, const uint8_t* input, size_t length) {
  const size_t blocks = (length - 1) / BLOCK_BYTES;
  for (size_t block = 0; block < blocks; ++block) {
    accumulate(acc, input + block * BLOCK_BYTES, STRIPES_PER_BLOCK, SECRET);
    scramble(acc);
  }
  const size_t stripes = (length - 1 - blocks * BLOCK_BYTES) / STRIPE_BYTES;
  accumulate(acc, input + blocks * BLOCK_BYTES, stripes, SECRET);
}

void accumulateLast(uint64_t* acc, const uint8_t* stripe) { accumulate(acc, stripe, 1, SECRET + SECRET_BYTES - STRIPE_BYTES - 7); }

Pair digestOf(const uint64_t* acc, uint64_t length) {
  return {merge(acc, SECRET + 11, length * PRIME64_1), merge(acc, SECRET + SECRET_BYTES - STRIPE_BYTES - 11, ~(length * PRIME64_2))};
}

}  // namespace

void xxh128(const uint8_t* input, size_t length, uint8_t* digest) {
  if (length < Xxh128Stream::LENGTH_MIN) return writeDigest(xxh128Short(input, length), digest);
  Xxh128Stream stream(length);
  stream.add(input, length);
  stream.finish(digest);
}

Xxh128Stream::Xxh128Stream(size_t length) : length_(length) { memcpy(acc_, START, sizeof acc_); }

void Xxh128Stream::add(const uint8_t* piece, size_t bytes) {
  added_ += bytes;
  if (added_ < length_) {
    for (size_t at = 0; at < bytes; at += BLOCK_BYTES) {
      accumulate(acc_, piece + at, STRIPES_PER_BLOCK, SECRET);
      scramble(acc_);
    }
  } else {
    accumulateAll(acc_, piece, bytes);
  }
  // The last stripe may begin in the piece before.
  if (bytes >= STRIPE_BYTES) {
    memcpy(last_, piece + bytes - STRIPE_BYTES, STRIPE_BYTES);
  } else {
    memmove(last_, last_ + bytes, STRIPE_BYTES - bytes);
    memcpy(last_ + STRIPE_BYTES - bytes, piece, bytes);
  }
}

void Xxh128Stream::finish(uint8_t* digest) {
  accumulateLast(acc_, last_);
  writeDigest(digestOf(acc_, length_), digest);
}
