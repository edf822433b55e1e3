// Mode, owner and times of an entry itself, never of what a symlink points to.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "at-place.h"
#include "calls.h"
#include "open-entry.h"

namespace {

constexpr int64_t kNanosecondsPerSecond = 1000000000;

int changeMode(const Place& place, mode_t mode) {
  Fd fd;
  struct statx found;
  if (const int error = openName(place, fd)) return error;
  if (statx(fd.get(), "", AT_EMPTY_PATH, STATX_TYPE, &found) != 0) return errno;
  if (S_ISLNK(found.stx_mode)) return EOPNOTSUPP;
  return chmod(procPath(fd.get()).c_str(), mode) == 0 ? 0 : errno;
}

struct timespec timespecOf(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  int64_t rest = nanoseconds % kNanosecondsPerSecond;
  if (rest < 0) {
    rest += kNanosecondsPerSecond;
    seconds--;
  }
  return {static_cast<time_t>(seconds), static_cast<long>(rest)};
}

// (root, path, mode)
Napi::Value chmodOne(const Napi::CallbackInfo& info) {
  const mode_t mode = uintArg(info, 2);
  return atPlace(info, [&](const Place& place) { return changeMode(place, mode); });
}

// (root, path, uid, gid); -1 as unsigned leaves one as it is
Napi::Value chownOne(const Napi::CallbackInfo& info) {
  const uid_t uid = uintArg(info, 2);
  const gid_t gid = uintArg(info, 3);
  return atPlace(info, [&](const Place& place) { return fchownat(place.dirFd, place.name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno; });
}

// (root, path, atimeNs or null, mtimeNs)
Napi::Value utimesOne(const Napi::CallbackInfo& info) {
  struct timespec times[2] = {{0, UTIME_OMIT}, timespecOf(int64Arg(info, 3))};
  if (!info[2].IsNull()) times[0] = timespecOf(int64Arg(info, 2));
  return atPlace(info, [&](const Place& place) { return utimensat(place.dirFd, place.name, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno; });
}

}  // namespace

void exportAttributes(Napi::Env env, Napi::Object exports) {
  exports.Set("chmod", Napi::Function::New(env, chmodOne));
  exports.Set("chown", Napi::Function::New(env, chownOne));
  exports.Set("utimes", Napi::Function::New(env, utimesOne));
}
