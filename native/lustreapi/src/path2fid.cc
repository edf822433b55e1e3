// FIDs of many paths.
#include <errno.h>

#include <cstring>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"
#include "lustre-entry.h"
#include "open-entry.h"
#include "xattr-calls.h"

namespace {

// trusted.lma: u32 compat, u32 incompat, then the inode's own FID, little-endian.
constexpr size_t kLmaFidOffset = 8;

int fidFromXattr(const Place& place, Lane& lane, Fid& fid) {
  std::string_view value;
  if (const int error = readXattr(place, "trusted.lma", lane.scratch, value)) return error;
  if (value.size() < kLmaFidOffset + kFidBytes) return ENODATA;
  memcpy(&fid, value.data() + kLmaFidOffset, kFidBytes);
  return 0;
}

class Path2fidBatch : public Batch {
 public:
  Path2fidBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        library_(std::move(library)),
        paths_(std::move(paths)),
        lustre_(isLustre(root)),
        error_(paths_.size()),
        fids_(paths_.size() * kFidBytes) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    Fid fid{};
    error_[index] = lookUp(paths_.at(index), lane, fid);
    if (error_[index] == 0) memcpy(fids_.data() + index * kFidBytes, &fid, kFidBytes);
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env).set("errno", makeArray(env, error_)).set("fids", makeArray(env, fids_)).get();
  }

 private:
  int lookUp(std::string_view path, Lane& lane, Fid& fid) const {
    Place place;
    bool openable = false;
    if (const int error = lane.from.locate(path, place)) return error;
    if (const int error = canBeOpened(place, openable)) return error;
    if (!openable) {
      const int error = fidFromXattr(place, lane, fid);
      if (lustre_ || !isMissingXattr(error)) return error;
    }
    const int result = library_->path2fid(procPath(place).c_str(), &fid);
    return result < 0 ? -result : 0;
  }

  std::shared_ptr<const Library> library_;
  PathList paths_;
  bool lustre_;
  std::vector<int32_t> error_;
  std::vector<uint8_t> fids_;
};

// (root, bytes, ends, inFlight)
Napi::Value path2fid(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::path2fid, "llapi_path2fid");
  return Task::start(env, std::make_unique<Path2fidBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportPath2fid(Napi::Env env, Napi::Object exports) { exports.Set("path2fid", Napi::Function::New(env, path2fid)); }
