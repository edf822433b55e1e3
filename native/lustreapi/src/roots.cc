// Roots, files and syncfs.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "open-entry.h"
#include "task.h"

namespace {

// (path) -> descriptor or -errno
Napi::Value openRoot(const Napi::CallbackInfo& info) {
  const int fd = open(cStringArg(info, 0).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 ? Napi::Number::New(info.Env(), fd) : outcome(info, errno);
}

Napi::Value closeRoot(const Napi::CallbackInfo& info) { return outcome(info, close(fdArg(info, 0)) == 0 ? 0 : errno); }

// (root, path, flags, mode) -> descriptor or -errno
Napi::Value openFile(const Napi::CallbackInfo& info) {
  Resolver resolver(fdArg(info, 0));
  const std::string path = bytesArg(info, 1);
  Place place;
  Fd fd;
  int error = resolver.locate(path, place);
  if (error == 0) error = openFileOrDirectory(place, intArg(info, 2), uintArg(info, 3), fd);
  return error == 0 ? Napi::Number::New(info.Env(), fd.release()) : outcome(info, error);
}

class SyncFileSystem : public Task {
 public:
  explicit SyncFileSystem(int fd) : fd_(fcntl(fd, F_DUPFD_CLOEXEC, 3)), openError_(fd_ ? 0 : errno) {}
  void run() override {
    if (openError_ != 0) return fail(openError_, "syncfs");
    if (syncfs(fd_.get()) != 0) fail(errno, "syncfs");
  }
  napi_value result(napi_env env) override {
    return makeUndefined(env);
  }

 private:
  Fd fd_;
  int openError_;
};

Napi::Value startSyncfs(const Napi::CallbackInfo& info) {
  return Task::start(info.Env(), std::make_unique<SyncFileSystem>(fdArg(info, 0)));
}

Napi::Value switchOpenat2(const Napi::CallbackInfo& info) {
  setOpenat2Enabled(boolArg(info, 0));
  return info.Env().Undefined();
}

}  // namespace

void exportRoots(Napi::Env env, Napi::Object exports) {
  exports.Set("openRoot", Napi::Function::New(env, openRoot));
  exports.Set("closeRoot", Napi::Function::New(env, closeRoot));
  exports.Set("openFile", Napi::Function::New(env, openFile));
  exports.Set("syncfs", Napi::Function::New(env, startSyncfs));
  exports.Set("setOpenat2Enabled", Napi::Function::New(env, switchOpenat2));
}
