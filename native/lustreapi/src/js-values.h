// JavaScript values made without exceptions: they are made when a thread has finished, possibly in an environment that is going away,
// where every call may fail. Failure is a null value, and passes through.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <vector>

#include "path-list.h"

napi_value makeTypedArray(napi_env env, napi_typedarray_type type, const void* data, size_t byteCount, size_t count);

inline napi_value makeArray(napi_env env, const std::vector<uint8_t>& v) {
  return makeTypedArray(env, napi_uint8_array, v.data(), v.size(), v.size());
}
inline napi_value makeArray(napi_env env, const std::vector<int32_t>& v) {
  return makeTypedArray(env, napi_int32_array, v.data(), v.size() * 4, v.size());
}
inline napi_value makeArray(napi_env env, const std::vector<uint32_t>& v) {
  return makeTypedArray(env, napi_uint32_array, v.data(), v.size() * 4, v.size());
}
inline napi_value makeArray(napi_env env, const std::vector<int64_t>& v) {
  return makeTypedArray(env, napi_bigint64_array, v.data(), v.size() * 8, v.size());
}
inline napi_value makeArray(napi_env env, const std::vector<uint64_t>& v) {
  return makeTypedArray(env, napi_biguint64_array, v.data(), v.size() * 8, v.size());
}

// { bytes, ends }
napi_value makePathList(napi_env env, const Groups& groups);

napi_value makeNumber(napi_env env, double value);
napi_value makeUndefined(napi_env env);

class ObjectBuilder {
 public:
  explicit ObjectBuilder(napi_env env);
  ObjectBuilder& set(const char* name, napi_value value);
  // The object, or null if anything failed.
  napi_value get() const { return object_; }

 private:
  napi_env env_;
  napi_value object_ = nullptr;
};
