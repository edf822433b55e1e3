// Digests of the blocks of a file that lie in memory.
#include <vector>

#include "call-args.h"
#include "calls.h"
#include "xxh128.h"

namespace {

// (bytes, blockSize) -> digests, 16 bytes each; the bytes may be shared with other threads
Napi::Value xxh128Blocks(const Napi::CallbackInfo& info) {
  const uint32_t blockSize = uintArg(info, 1);
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (!info[0].IsTypedArray() || napi_get_typedarray_info(info.Env(), info[0], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "argument 0 must be a Uint8Array");
  }
  const size_t last = blockSize == 0 ? 0 : length % blockSize;
  if (blockSize < XXH128_LENGTH_MIN || (last != 0 && last < XXH128_LENGTH_MIN)) {
    throw Napi::RangeError::New(info.Env(), "a block is too short");
  }
  const auto* bytes = static_cast<const uint8_t*>(data);
  std::vector<uint8_t> digests((length + blockSize - 1) / blockSize * XXH128_BYTES);
  size_t at = 0;
  for (uint8_t* digest = digests.data(); at < length; at += blockSize, digest += XXH128_BYTES) {
    xxh128(bytes + at, length - at < blockSize ? length - at : blockSize, digest);
  }
  return Napi::Buffer<uint8_t>::Copy(info.Env(), digests.data(), digests.size());
}

}  // namespace

void exportBlockDigests(Napi::Env env, Napi::Object exports) { exports.Set("xxh128Blocks", Napi::Function::New(env, xxh128Blocks)); }
