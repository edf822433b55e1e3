// What Node lacks for large files: holes, offsets beyond 2^53, and pipes.
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include <string>

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

struct Memory {
  uint8_t* bytes;
  size_t length;
};

// Memory that may be shared with other threads.
Memory memoryArg(const Napi::CallbackInfo& info, size_t index) {
  napi_typedarray_type type;
  size_t length;
  void* bytes;
  if (info.Length() <= index || !info[index].IsTypedArray() ||
      napi_get_typedarray_info(info.Env(), info[index], &type, &length, &bytes, nullptr, nullptr) != napi_ok || type != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " must be a Uint8Array");
  }
  return {static_cast<uint8_t*>(bytes), length};
}

// (fd, bytes, offset)
Napi::Value writeAt(const Napi::CallbackInfo& info) {
  const Memory memory = memoryArg(info, 1);
  return outcome(info, writeAll(fdArg(info, 0), memory.bytes, memory.length, int64Arg(info, 2)));
}

// (fd, size)
Napi::Value truncateTo(const Napi::CallbackInfo& info) {
  return outcome(info, ftruncate(fdArg(info, 0), int64Arg(info, 1)) == 0 ? 0 : errno);
}

// As large as this process may have it; a pipe that stays as it is only costs speed.
void widen(int fd, uint32_t capacity) {
  for (; capacity > 65536; capacity /= 2) {
    if (fcntl(fd, F_SETPIPE_SZ, capacity) >= 0 || errno == EBADF) return;
  }
}

// (capacity) -> [read end, write end] or -errno
Napi::Value openPipe(const Napi::CallbackInfo& info) {
  const uint32_t capacity = uintArg(info, 0);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return outcome(info, errno);
  widen(ends[0], capacity);
  Napi::Array result = Napi::Array::New(info.Env(), 2);
  result.Set(0u, Napi::Number::New(info.Env(), ends[0]));
  result.Set(1u, Napi::Number::New(info.Env(), ends[1]));
  return result;
}

// (fd, capacity)
Napi::Value widenPipe(const Napi::CallbackInfo& info) {
  widen(fdArg(info, 0), uintArg(info, 1));
  return outcome(info, 0);
}

// (fd, bytes) -> how many bytes were read before the end, or -errno
Napi::Value readFull(const Napi::CallbackInfo& info) {
  const int fd = fdArg(info, 0);
  const Memory memory = memoryArg(info, 1);
  size_t at = 0;
  while (at < memory.length) {
    const ssize_t count = read(fd, memory.bytes + at, memory.length - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return outcome(info, errno);
    if (count == 0) break;
    at += static_cast<size_t>(count);
  }
  return Napi::Number::New(info.Env(), static_cast<double>(at));
}

// (from, where it begins there, to, where it goes there, count)
Napi::Value copyBytes(const Napi::CallbackInfo& info) {
  const Memory from = memoryArg(info, 0);
  const Memory to = memoryArg(info, 2);
  const size_t start = uintArg(info, 1), at = uintArg(info, 3), count = uintArg(info, 4);
  if (start > from.length || count > from.length - start || at > to.length || count > to.length - at) {
    throw Napi::RangeError::New(info.Env(), "the bytes to copy go beyond the memory");
  }
  memmove(to.bytes + at, from.bytes + start, count);
  return info.Env().Undefined();
}

}  // namespace

void exportDescriptors(Napi::Env env, Napi::Object exports) {
  exports.Set("seekData", Napi::Function::New(env, seekData));
  exports.Set("seekHole", Napi::Function::New(env, seekHole));
  exports.Set("punchHole", Napi::Function::New(env, punchHole));
  exports.Set("writeAt", Napi::Function::New(env, writeAt));
  exports.Set("truncateTo", Napi::Function::New(env, truncateTo));
  exports.Set("openPipe", Napi::Function::New(env, openPipe));
  exports.Set("widenPipe", Napi::Function::New(env, widenPipe));
  exports.Set("readFull", Napi::Function::New(env, readFull));
  exports.Set("copyBytes", Napi::Function::New(env, copyBytes));
}
