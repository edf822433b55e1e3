#include "call-args.h"

namespace {

[[noreturn]] void refuse(const Napi::CallbackInfo& info, size_t index, const char* expected) {
  throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " must be " + expected);
}

bool isTypedArray(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

double numberArg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsNumber()) refuse(info, index, "a number");
  return info[index].As<Napi::Number>().DoubleValue();
}

}  // namespace

std::string bytesArg(const Napi::CallbackInfo& info, size_t index) {
  if (!isTypedArray(info[index], napi_uint8_array)) refuse(info, index, "a Uint8Array");
  const auto array = info[index].As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(array.Data()), array.ElementLength()};
}

std::string cStringArg(const Napi::CallbackInfo& info, size_t index) {
  std::string text = bytesArg(info, index);
  if (text.find('\0') != std::string::npos) refuse(info, index, "without NUL bytes");
  return text;
}

int fdArg(const Napi::CallbackInfo& info, size_t index) {
  const int fd = intArg(info, index);
  if (fd < 0) refuse(info, index, "a descriptor");
  return fd;
}

int32_t intArg(const Napi::CallbackInfo& info, size_t index) {
  const double value = numberArg(info, index);
  if (!(value >= INT32_MIN && value <= INT32_MAX)) refuse(info, index, "a 32-bit number");
  return static_cast<int32_t>(value);
}

uint32_t uintArg(const Napi::CallbackInfo& info, size_t index) {
  const double value = numberArg(info, index);
  if (!(value >= 0 && value <= UINT32_MAX)) refuse(info, index, "an unsigned 32-bit number");
  return static_cast<uint32_t>(value);
}

bool boolArg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsBoolean()) refuse(info, index, "a boolean");
  return info[index].As<Napi::Boolean>();
}

int64_t int64Arg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsBigInt()) refuse(info, index, "a bigint");
  bool lossless = false;
  const int64_t value = info[index].As<Napi::BigInt>().Int64Value(&lossless);
  if (!lossless) refuse(info, index, "a signed 64-bit bigint");
  return value;
}

uint64_t uint64Arg(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsBigInt()) refuse(info, index, "a bigint");
  bool lossless = false;
  const uint64_t value = info[index].As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) refuse(info, index, "an unsigned 64-bit bigint");
  return value;
}

PathList pathListArg(const Napi::CallbackInfo& info, size_t index) {
  if (!isTypedArray(info[index], napi_uint8_array)) refuse(info, index, "a Uint8Array");
  if (!isTypedArray(info[index + 1], napi_uint32_array)) refuse(info, index + 1, "a Uint32Array");
  return PathList::copyOf(info[index], info[index + 1]);
}

void throwErrno(Napi::Env env, int errorNumber, const char* syscall) {
  auto error = Napi::Error::New(env, "");
  error.Set("errno", Napi::Number::New(env, errorNumber));
  error.Set("syscall", Napi::String::New(env, syscall));
  throw error;
}
