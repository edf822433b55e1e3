#include "open-entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace {

int refusedType(mode_t mode) {
  if (S_ISREG(mode) || S_ISDIR(mode)) return 0;
  return S_ISLNK(mode) ? ELOOP : ENXIO;
}

int typeOf(int dirFd, const char* name, int flags, mode_t& mode) {
  struct statx found;
  if (statx(dirFd, name, flags, STATX_TYPE, &found) != 0) return errno;
  mode = found.stx_mode;
  return 0;
}

}  // namespace

int openFileOrDirectory(const Place& place, int flags, unsigned mode, Fd& fd) {
  mode_t found = 0;
  // Looked at first because opening a device is an act of its own (a tape rewinds), and again afterwards because entries can be swapped.
  const int missing = typeOf(place.dirFd, place.name, AT_SYMLINK_NOFOLLOW, found);
  if (missing == 0) {
    if (const int error = refusedType(found)) return error;
  } else if (missing != ENOENT || !(flags & O_CREAT)) {
    return missing;
  }
  Fd opened(openat(place.dirFd, place.name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode));
  if (!opened) return errno;
  if (const int error = typeOf(opened.get(), "", AT_EMPTY_PATH, found)) return error;
  if (const int error = refusedType(found)) return error;
  if (!(flags & O_NONBLOCK) && !(flags & O_PATH)) fcntl(opened.get(), F_SETFL, flags & ~(O_CREAT | O_EXCL | O_TRUNC));
  fd = std::move(opened);
  return 0;
}

Fd openToAsk(const Place& place) {
  return Fd(openat(place.dirFd, place.name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
}

int openDirectory(const Place& place, Fd& fd) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  fd.reset(openat(place.dirFd, place.name, flags | O_NOATIME));
  if (!fd && errno == EPERM) fd.reset(openat(place.dirFd, place.name, flags));
  return fd ? 0 : directoryError(errno, place.dirFd, place.name);
}

int openName(const Place& place, Fd& fd) {
  fd.reset(openat(place.dirFd, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  return fd ? 0 : errno;
}

std::string procPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string procPath(const Place& place) { return procPath(place.dirFd) + "/" + place.name; }
