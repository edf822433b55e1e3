// Single changes of names, and reading symlinks.
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "at-place.h"
#include "calls.h"
#include "namespace-calls.h"

namespace {

constexpr size_t kTargetMax = 4096;

// Calls `change` with the places of (root, path, toRoot, toPath), arguments 0 to 3.
template <typename Change>
Napi::Value atPlaces(const Napi::CallbackInfo& info, Change change) {
  Resolver fromResolver(fdArg(info, 0));
  Resolver toResolver(fdArg(info, 2));
  const std::string fromPath = bytesArg(info, 1);
  const std::string toPath = bytesArg(info, 3);
  Place from;
  Place to;
  if (const int error = fromResolver.locate(fromPath, from)) return outcome(info, error);
  if (const int error = toResolver.locate(toPath, to)) return outcome(info, error);
  return outcome(info, change(from, to));
}

// (root, path, toRoot, toPath, noReplace)
Napi::Value renameOne(const Napi::CallbackInfo& info) {
  const bool noReplace = boolArg(info, 4);
  return atPlaces(info, [&](const Place& from, const Place& to) { return renameEntry(from, to, noReplace); });
}

Napi::Value linkOne(const Napi::CallbackInfo& info) { return atPlaces(info, linkEntry); }
Napi::Value unlinkOne(const Napi::CallbackInfo& info) { return atPlace(info, unlinkEntry); }
Napi::Value rmdirOne(const Napi::CallbackInfo& info) { return atPlace(info, removeDirectory); }

// (root, path, mode)
Napi::Value mkdirOne(const Napi::CallbackInfo& info) {
  const mode_t mode = uintArg(info, 2);
  return atPlace(info, [&](const Place& place) { return makeDirectory(place, mode); });
}

// (root, path, target)
Napi::Value symlinkOne(const Napi::CallbackInfo& info) {
  const std::string target = cStringArg(info, 2);
  return atPlace(info, [&](const Place& place) { return symlinkat(target.c_str(), place.dirFd, place.name) == 0 ? 0 : errno; });
}

// (root, path, mode, major, minor)
Napi::Value mknodOne(const Napi::CallbackInfo& info) {
  const mode_t mode = uintArg(info, 2);
  const auto device = static_cast<unsigned>(makedev(uintArg(info, 3), uintArg(info, 4)));
  // The raw call: the C library's symbol for it exists only since glibc 2.33.
  return atPlace(info, [&](const Place& place) { return syscall(SYS_mknodat, place.dirFd, place.name, mode, device) == 0 ? 0 : errno; });
}

// (root, path) -> Buffer or -errno
Napi::Value readlinkOne(const Napi::CallbackInfo& info) {
  char target[kTargetMax];
  ssize_t size = 0;
  const Napi::Value failed = atPlace(info, [&](const Place& place) {
    size = readlinkat(place.dirFd, place.name, target, sizeof target);
    return size >= 0 ? 0 : errno;
  });
  if (failed.As<Napi::Number>().Int32Value() != 0) return failed;
  return Napi::Buffer<char>::Copy(info.Env(), target, static_cast<size_t>(size));
}

}  // namespace

void exportNamespace(Napi::Env env, Napi::Object exports) {
  exports.Set("rename", Napi::Function::New(env, renameOne));
  exports.Set("link", Napi::Function::New(env, linkOne));
  exports.Set("unlink", Napi::Function::New(env, unlinkOne));
  exports.Set("rmdir", Napi::Function::New(env, rmdirOne));
  exports.Set("mkdir", Napi::Function::New(env, mkdirOne));
  exports.Set("symlink", Napi::Function::New(env, symlinkOne));
  exports.Set("mknod", Napi::Function::New(env, mknodOne));
  exports.Set("readlink", Napi::Function::New(env, readlinkOne));
}
