// Attributes of one entry, or of many in columns.
#include <sys/sysmacros.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "stat-columns.h"

namespace {

int statEntry(Resolver& resolver, std::string_view path, struct statx& found) {
  Place place;
  if (const int error = resolver.locate(path, place)) return error;
  return statPlace(place, STATX_BASIC_STATS, found);
}

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
  StatColumns columns_;
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
