#include "js-values.h"

#include <cstring>

napi_value makeTypedArray(napi_env env, napi_typedarray_type type, const void* data, size_t byteCount, size_t count) {
  void* target = nullptr;
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  if (napi_create_arraybuffer(env, byteCount, &target, &buffer) != napi_ok) return nullptr;
  if (byteCount > 0) memcpy(target, data, byteCount);
  return napi_create_typedarray(env, type, count, buffer, 0, &array) == napi_ok ? array : nullptr;
}

napi_value makePathList(napi_env env, const Groups& groups) {
  return ObjectBuilder(env).set("bytes", makeArray(env, groups.bytes)).set("ends", makeArray(env, groups.ends)).get();
}

napi_value makeNumber(napi_env env, double value) {
  napi_value number = nullptr;
  return napi_create_double(env, value, &number) == napi_ok ? number : nullptr;
}

napi_value makeUndefined(napi_env env) {
  napi_value value = nullptr;
  return napi_get_undefined(env, &value) == napi_ok ? value : nullptr;
}

ObjectBuilder::ObjectBuilder(napi_env env) : env_(env) {
  if (napi_create_object(env, &object_) != napi_ok) object_ = nullptr;
}

ObjectBuilder& ObjectBuilder::set(const char* name, napi_value value) {
  if (object_ && (!value || napi_set_named_property(env_, object_, name, value) != napi_ok)) object_ = nullptr;
  return *this;
}
