#include "lustre-entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace {

constexpr unsigned long kLustreMagic = 0x0BD00BD0;

}  // namespace

bool isLustre(int fd) {
  struct statfs found;
  return fstatfs(fd, &found) == 0 && static_cast<unsigned long>(found.f_type) == kLustreMagic;
}

int canBeOpened(const Place& place, bool& can) {
  struct statx found;
  if (statx(place.dirFd, place.name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) != 0) return errno;
  can = S_ISREG(found.stx_mode) || S_ISDIR(found.stx_mode);
  return 0;
}

bool isMissingXattr(int error) { return error == ENODATA || error == EOPNOTSUPP; }
