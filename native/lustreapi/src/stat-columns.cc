#include "stat-columns.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "js-values.h"

int statPlace(const Place& place, unsigned wanted, struct statx& found) {
  return statx(place.dirFd, place.name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted, &found) == 0 ? 0 : errno;
}

int statOpen(int fd, unsigned wanted, struct statx& found) { return statx(fd, "", AT_EMPTY_PATH, wanted, &found) == 0 ? 0 : errno; }

int64_t nanoseconds(const struct statx_timestamp& time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

StatColumns::StatColumns(size_t count)
    : error(count),
      mode_(count),
      uid_(count),
      gid_(count),
      nlink_(count),
      rdevMajor_(count),
      rdevMinor_(count),
      size_(count),
      blocks_(count),
      mtime_(count),
      ctime_(count),
      atime_(count),
      ino_(count),
      dev_(count) {}

void StatColumns::put(size_t row, const struct statx& found) {
  mode_[row] = found.stx_mode;
  uid_[row] = found.stx_uid;
  gid_[row] = found.stx_gid;
  nlink_[row] = found.stx_nlink;
  rdevMajor_[row] = found.stx_rdev_major;
  rdevMinor_[row] = found.stx_rdev_minor;
  size_[row] = static_cast<int64_t>(found.stx_size);
  blocks_[row] = static_cast<int64_t>(found.stx_blocks);
  mtime_[row] = nanoseconds(found.stx_mtime);
  ctime_[row] = nanoseconds(found.stx_ctime);
  atime_[row] = nanoseconds(found.stx_atime);
  ino_[row] = found.stx_ino;
  dev_[row] = makedev(found.stx_dev_major, found.stx_dev_minor);
}

napi_value StatColumns::toObject(napi_env env) const {
  return ObjectBuilder(env)
      .set("errno", makeArray(env, error))
      .set("mode", makeArray(env, mode_))
      .set("uid", makeArray(env, uid_))
      .set("gid", makeArray(env, gid_))
      .set("nlink", makeArray(env, nlink_))
      .set("rdevMajor", makeArray(env, rdevMajor_))
      .set("rdevMinor", makeArray(env, rdevMinor_))
      .set("size", makeArray(env, size_))
      .set("blocks", makeArray(env, blocks_))
      .set("mtimeNs", makeArray(env, mtime_))
      .set("ctimeNs", makeArray(env, ctime_))
      .set("atimeNs", makeArray(env, atime_))
      .set("ino", makeArray(env, ino_))
      .set("dev", makeArray(env, dev_))
      .get();
}
