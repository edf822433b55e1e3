// What Node lacks for large files: holes, and offsets beyond 2^53.
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include "call-args.h"
#include "calls.h"

namespace {

// (fd, offset) -> bigint, -1n at the end of the data, or -errno
Napi::Value seek(const Napi::CallbackInfo& info, int whence) {
  const off_t found = lseek(fdArg(info, 0), int64Arg(info, 1), whence);
  if (found >= 0) return Napi::BigInt::New(info.Env(), static_cast<int64_t>(found));
  return errno == ENXIO ? Napi::Value(Napi::BigInt::New(info.Env(), static_cast<int64_t>(-1))) : outcome(info, errno);
}

Napi::Value seekData(const Napi::CallbackInfo& info) { return seek(info, SEEK_DATA); }
Napi::Value seekHole(const Napi::CallbackInfo& info) { return seek(info, SEEK_HOLE); }

// (fd, offset, length)
Napi::Value punchHole(const Napi::CallbackInfo& info) {
  const int result = fallocate(fdArg(info, 0), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, int64Arg(info, 1), int64Arg(info, 2));
  return outcome(info, result == 0 ? 0 : errno);
}

int writeAll(int fd, const uint8_t* bytes, size_t length, off_t offset) {
  while (length > 0) {
    const ssize_t written = pwrite(fd, bytes, length, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes += written;
    length -= static_cast<size_t>(written);
    offset += written;
  }
  return 0;
}

// (fd, bytes, offset); the bytes may be shared with other threads
Napi::Value writeAt(const Napi::CallbackInfo& info) {
  const int fd = fdArg(info, 0);
  if (info.Length() < 2 || !info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "argument 1 must be a Uint8Array");
  napi_typedarray_type type;
  size_t length;
  void* bytes;
  if (napi_get_typedarray_info(info.Env(), info[1], &type, &length, &bytes, nullptr, nullptr) != napi_ok || type != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "argument 1 must be a Uint8Array");
  }
  return outcome(info, writeAll(fd, static_cast<const uint8_t*>(bytes), length, int64Arg(info, 2)));
}

// (fd, size)
Napi::Value truncateTo(const Napi::CallbackInfo& info) {
  return outcome(info, ftruncate(fdArg(info, 0), int64Arg(info, 1)) == 0 ? 0 : errno);
}

}  // namespace

void exportDescriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("seekData", Napi::Function::New(env, seekData));
  exports.Set("seekHole", Napi::Function::New(env, seekHole));
  exports.Set("punchHole", Napi::Function::New(env, punchHole));
  exports.Set("writeAt", Napi::Function::New(env, writeAt));
  exports.Set("truncateTo", Napi::Function::New(env, truncateTo));
}
