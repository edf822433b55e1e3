// Extended attributes of one entry.
#include "at-place.h"
#include "calls.h"
#include "xattr-calls.h"

namespace {

// Calls `use` with the entry at (root, path), arguments 0 and 1.
template <typename Use>
Napi::Value onEntry(const Napi::CallbackInfo& info, Use use) {
  return atPlace(info, [&](const Place& place) { return use(XattrEntry(place)); });
}

Napi::Value bufferOr(const Napi::CallbackInfo& info, const Napi::Value& failed, std::string_view bytes) {
  if (failed.As<Napi::Number>().Int32Value() != 0) return failed;
  return Napi::Buffer<char>::Copy(info.Env(), bytes.data(), bytes.size());
}

// (root, path) -> the names, each ended by a NUL, or -errno
Napi::Value listOne(const Napi::CallbackInfo& info) {
  std::vector<char> buffer;
  std::string_view names;
  const Napi::Value failed = onEntry(info, [&](const XattrEntry& entry) { return entry.list(buffer, names); });
  return bufferOr(info, failed, names);
}

// (root, path, name) -> Buffer or -errno
Napi::Value getOne(const Napi::CallbackInfo& info) {
  const std::string name = cStringArg(info, 2);
  std::vector<char> buffer;
  std::string_view value;
  const Napi::Value failed = onEntry(info, [&](const XattrEntry& entry) { return entry.get(name.c_str(), buffer, value); });
  return bufferOr(info, failed, value);
}

// (root, path, name, value)
Napi::Value setOne(const Napi::CallbackInfo& info) {
  const std::string name = cStringArg(info, 2);
  const std::string value = bytesArg(info, 3);
  return onEntry(info, [&](const XattrEntry& entry) { return entry.set(name.c_str(), value); });
}

// (root, path, name)
Napi::Value removeOne(const Napi::CallbackInfo& info) {
  const std::string name = cStringArg(info, 2);
  return onEntry(info, [&](const XattrEntry& entry) { return entry.remove(name.c_str()); });
}

}  // namespace

void exportXattrs(Napi::Env env, Napi::Object exports) {
  exports.Set("listXattr", Napi::Function::New(env, listOne));
  exports.Set("getXattr", Napi::Function::New(env, getOne));
  exports.Set("setXattr", Napi::Function::New(env, setOne));
  exports.Set("removeXattr", Napi::Function::New(env, removeOne));
}
