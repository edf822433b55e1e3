#include "lustre-entry.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace {

constexpr unsigned long kLustreMagic = 0x0BD00BD0;

}  // namespace

bool isLustre(int fd) {
  struct statfs found;
  return fstatfs(fd, &found) == 0 && static_cast<unsigned long>(found.f_type) == kLustreMagic;
}

bool canBeOpened(mode_t mode) { return S_ISREG(mode) || S_ISDIR(mode); }

bool isMissingXattr(int error) { return error == ENODATA || error == EOPNOTSUPP; }
