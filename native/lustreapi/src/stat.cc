// Attributes of one entry, or of many in columns.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"

namespace {

int statEntry(Resolver& resolver, std::string_view path, struct statx& found) {
  Place place;
  if (const int error = resolver.locate(path, place)) return error;
  return statx(place.dirFd, place.name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &found) == 0 ? 0 : errno;
}

int64_t nanoseconds(const struct statx_timestamp& time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

struct Columns {
  explicit Columns(size_t n)
      : error(n), mode(n), uid(n), gid(n), nlink(n), rdevMajor(n), rdevMinor(n), size(n), blocks(n), mtime(n), ctime(n), atime(n), ino(n), dev(n) {}

  std::vector<int32_t> error;
  std::vector<uint32_t> mode, uid, gid, nlink, rdevMajor, rdevMinor;
  std::vector<int64_t> size, blocks, mtime, ctime, atime;
  std::vector<uint64_t> ino, dev;

  void put(size_t i, const struct statx& found) {
    mode[i] = found.stx_mode;
    uid[i] = found.stx_uid;
    gid[i] = found.stx_gid;
    nlink[i] = found.stx_nlink;
    rdevMajor[i] = found.stx_rdev_major;
    rdevMinor[i] = found.stx_rdev_minor;
    size[i] = static_cast<int64_t>(found.stx_size);
    blocks[i] = static_cast<int64_t>(found.stx_blocks);
    mtime[i] = nanoseconds(found.stx_mtime);
    ctime[i] = nanoseconds(found.stx_ctime);
    atime[i] = nanoseconds(found.stx_atime);
    ino[i] = found.stx_ino;
    dev[i] = makedev(found.stx_dev_major, found.stx_dev_minor);
  }

  napi_value toObject(napi_env env) const {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error))
        .set("mode", makeArray(env, mode))
        .set("uid", makeArray(env, uid))
        .set("gid", makeArray(env, gid))
        .set("nlink", makeArray(env, nlink))
        .set("rdevMajor", makeArray(env, rdevMajor))
        .set("rdevMinor", makeArray(env, rdevMinor))
        .set("size", makeArray(env, size))
        .set("blocks", makeArray(env, blocks))
        .set("mtimeNs", makeArray(env, mtime))
        .set("ctimeNs", makeArray(env, ctime))
        .set("atimeNs", makeArray(env, atime))
        .set("ino", makeArray(env, ino))
        .set("dev", makeArray(env, dev))
        .get();
  }
};

class LstatBatch : public Batch {
 public:
  LstatBatch(Napi::Env env, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root), paths_(std::move(paths)), columns_(paths_.size()) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    struct statx found;
    columns_.error[index] = statEntry(lane.from, paths_.at(index), found);
    if (columns_.error[index] == 0) columns_.put(index, found);
  }
  napi_value result(napi_env env) override { return columns_.toObject(env); }

 private:
  PathList paths_;
  Columns columns_;
};

// (root, path) -> the fields of FileStat in their order, as 64 bits each, or -errno
Napi::Value lstatOne(const Napi::CallbackInfo& info) {
  Resolver resolver(fdArg(info, 0));
  struct statx found;
  if (const int error = statEntry(resolver, bytesArg(info, 1), found)) return outcome(info, error);
  const std::vector<int64_t> row = {
      found.stx_mode,
      found.stx_uid,
      found.stx_gid,
      found.stx_nlink,
      found.stx_rdev_major,
      found.stx_rdev_minor,
      static_cast<int64_t>(found.stx_size),
      static_cast<int64_t>(found.stx_blocks),
      nanoseconds(found.stx_mtime),
      nanoseconds(found.stx_ctime),
      nanoseconds(found.stx_atime),
      static_cast<int64_t>(found.stx_ino),
      static_cast<int64_t>(makedev(found.stx_dev_major, found.stx_dev_minor)),
  };
  return Napi::Value(info.Env(), makeArray(info.Env(), row));
}

// (root, bytes, ends, inFlight) -> promise of columns
Napi::Value lstatBatch(const Napi::CallbackInfo& info) {
  return Task::start(info.Env(), std::make_unique<LstatBatch>(info.Env(), fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportStat(Napi::Env env, Napi::Object exports) {
  exports.Set("lstat", Napi::Function::New(env, lstatOne));
  exports.Set("lstatBatch", Napi::Function::New(env, lstatBatch));
}
