#include "namespace-calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE

int outcomeOf(int result) { return result == 0 ? 0 : errno; }

int renameReplacing(const Place& from, const Place& to) { return outcomeOf(renameat(from.dirFd, from.name, to.dirFd, to.name)); }

int renameUnlessThere(const Place& from, const Place& to) {
  struct statx found;
  if (statx(to.dirFd, to.name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) == 0) return EEXIST;
  return errno == ENOENT ? renameReplacing(from, to) : errno;
}

}  // namespace

int renameEntry(const Place& from, const Place& to, bool noReplace) {
  if (!noReplace) return renameReplacing(from, to);
  if (syscall(SYS_renameat2, from.dirFd, from.name, to.dirFd, to.name, kNoReplace) == 0) return 0;
  const bool unsupported = errno == EINVAL || errno == ENOSYS;
  return unsupported ? renameUnlessThere(from, to) : errno;
}

int linkEntry(const Place& from, const Place& to) { return outcomeOf(linkat(from.dirFd, from.name, to.dirFd, to.name, 0)); }

int unlinkEntry(const Place& place) { return outcomeOf(unlinkat(place.dirFd, place.name, 0)); }

int removeDirectory(const Place& place) { return outcomeOf(unlinkat(place.dirFd, place.name, AT_REMOVEDIR)); }

int makeDirectory(const Place& place, mode_t mode) { return outcomeOf(mkdirat(place.dirFd, place.name, mode)); }
