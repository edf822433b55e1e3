// FIDs of many paths.
#include <sys/stat.h>

#include <cstring>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "entry-fids.h"
#include "js-values.h"
#include "library.h"
#include "stat-columns.h"

namespace {

class Path2fidBatch : public Batch {
 public:
  Path2fidBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        fids_(std::move(library), root),
        paths_(std::move(paths)),
        error_(paths_.size()),
        found_(paths_.size() * kFidBytes) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    Fid fid{};
    error_[index] = lookUp(paths_.at(index), lane, fid);
    if (error_[index] == 0) memcpy(found_.data() + index * kFidBytes, &fid, kFidBytes);
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env).set("errno", makeArray(env, error_)).set("fids", makeArray(env, found_)).get();
  }

 private:
  int lookUp(std::string_view path, Lane& lane, Fid& fid) const {
    Place place;
    Fd fd;
    struct statx found;
    if (const int error = lane.from.locate(path, place)) return error;
    if (const int error = statPlace(place, STATX_TYPE, found)) return error;
    return fids_.find(place, found.stx_mode, lane.scratch, fd, fid);
  }

  EntryFids fids_;
  PathList paths_;
  std::vector<int32_t> error_;
  std::vector<uint8_t> found_;
};

// (root, bytes, ends, inFlight)
Napi::Value path2fid(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::path2fid, "llapi_path2fid");
  return Task::start(env, std::make_unique<Path2fidBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportPath2fid(Napi::Env env, Napi::Object exports) { exports.Set("path2fid", Napi::Function::New(env, path2fid)); }
