// All (parent, name) links of many paths.
#include <errno.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"
#include "link-xattr.h"
#include "lustre-entry.h"
#include "open-entry.h"
#include "stat-columns.h"
#include "xattr-calls.h"

namespace {

constexpr size_t kNameBytes = 256;
constexpr unsigned kLinkMax = 65536;

class Path2parentBatch : public Batch {
 public:
  Path2parentBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        library_(std::move(library)),
        paths_(std::move(paths)),
        lustre_(isLustre(root)),
        error_(paths_.size()),
        links_(paths_.size(), kFidBytes) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstString = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    error_[index] = findLinks(paths_.at(index), lane);
    if (error_[index] != 0) lane.found.truncate(firstString, kFidBytes);
    links_.claim(index, lane.index, lane.found, firstString, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!links_.join(lanes)) fail(EOVERFLOW, "llapi_path2parent", "more than 4 GiB of names in one batch");
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("linkStart", makeArray(env, links_.starts))
        .set("parents", makeArray(env, links_.tags))
        .set("names", makePathList(env, links_))
        .get();
  }

 private:
  int findLinks(std::string_view path, Lane& lane) const {
    Place place;
    struct statx found;
    if (const int error = lane.from.locate(path, place)) return error;
    if (const int error = statPlace(place, STATX_TYPE, found)) return error;
    if (!canBeOpened(found.stx_mode)) {
      const int error = fromXattr(place, lane);
      if (lustre_ || !isMissingXattr(error)) return error;
    }
    return fromLibrary(procPath(place), lane.found);
  }

  static int fromXattr(const Place& place, Lane& lane) {
    std::string_view value;
    if (const int error = readXattr(place, "trusted.link", lane.scratch, value)) return error;
    return addLinks(value, lane.found) ? 0 : EPROTO;
  }

  int fromLibrary(const std::string& path, Strings& found) const {
    for (unsigned linkno = 0; linkno < kLinkMax; linkno++) {
      Fid parent{};
      char name[kNameBytes] = "";
      const int result = library_->path2parent(path.c_str(), linkno, &parent, name, sizeof name);
      // ENODATA after the last link; for the first it says that there are none, as for the root or outside Lustre.
      if (result < 0) return result == -ENODATA && linkno > 0 ? 0 : -result;
      found.add(name, &parent, kFidBytes);
    }
    return 0;
  }

  std::shared_ptr<const Library> library_;
  PathList paths_;
  bool lustre_;
  std::vector<int32_t> error_;
  Groups links_;
};

// (root, bytes, ends, inFlight)
Napi::Value path2parent(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::path2parent, "llapi_path2parent");
  return Task::start(env, std::make_unique<Path2parentBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportPath2parent(Napi::Env env, Napi::Object exports) { exports.Set("path2parent", Napi::Function::New(env, path2parent)); }
