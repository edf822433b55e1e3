// FID, attributes and ACLs of many entries, each looked up once.
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include <cstring>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "entry-fids.h"
#include "js-values.h"
#include "library.h"
#include "lustre-entry.h"
#include "open-entry.h"
#include "stat-columns.h"
#include "xattr-calls.h"

namespace {

constexpr const char* kAccessAcl = "system.posix_acl_access";
constexpr const char* kDefaultAcl = "system.posix_acl_default";

// What an ACL that was found says before its value.
struct AclTag {
  int32_t error;
  uint32_t isDefault;
};

class InspectBatch : public Batch {
 public:
  InspectBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, std::string types, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        fids_(std::move(library), root),
        paths_(std::move(paths)),
        types_(std::move(types)),
        fidError_(paths_.size()),
        foundFids_(paths_.size() * kFidBytes),
        stats_(paths_.size()),
        acls_(paths_.size(), sizeof(AclTag)) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstString = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    fidError_[index] = inspect(index, lane);
    acls_.claim(index, lane.index, lane.found, firstString, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!acls_.join(lanes)) fail(EOVERFLOW, "getxattr", "more than 4 GiB of ACLs in one batch");
  }
  napi_value result(napi_env env) override {
    std::vector<int32_t> errors;
    std::vector<uint8_t> isDefault;
    for (size_t at = 0; at < acls_.tags.size(); at += sizeof(AclTag)) {
      AclTag tag;
      memcpy(&tag, acls_.tags.data() + at, sizeof tag);
      errors.push_back(tag.error);
      isDefault.push_back(static_cast<uint8_t>(tag.isDefault));
    }
    const napi_value fids = ObjectBuilder(env).set("errno", makeArray(env, fidError_)).set("fids", makeArray(env, foundFids_)).get();
    const napi_value acls = ObjectBuilder(env)
                                .set("start", makeArray(env, acls_.starts))
                                .set("errno", makeArray(env, errors))
                                .set("isDefault", makeArray(env, isDefault))
                                .set("values", makePathList(env, acls_))
                                .get();
    return ObjectBuilder(env).set("fids", fids).set("stats", stats_.toObject(env)).set("acls", acls).get();
  }

 private:
  // The errno of the FID; without a FID nothing else is of use.
  int inspect(size_t index, Lane& lane) {
    Place place;
    struct statx found;
    Fd fd;
    Fid fid{};
    int error = lane.from.locate(paths_.at(index), place);
    if (error == 0) error = look(index, place, fd, found);
    stats_.error[index] = error;
    if (error != 0) return error;
    stats_.put(index, found);
    if ((error = fids_.find(place, found.stx_mode, lane.scratch, fd, fid)) != 0) return error;
    memcpy(foundFids_.data() + index * kFidBytes, &fid, kFidBytes);
    if (S_ISLNK(found.stx_mode)) return 0;
    addAcl(place, fd, false, lane);
    if (S_ISDIR(found.stx_mode)) addAcl(place, fd, true, lane);
    return 0;
  }

  // What is known to be a file or a directory is opened at once, and looked at there.
  int look(size_t index, const Place& place, Fd& fd, struct statx& found) const {
    if (index >= types_.size() || !canBeOpened(DTTOIF(types_[index]))) return statPlace(place, STATX_BASIC_STATS, found);
    fd = openToAsk(place);
    if (!fd) return errno;
    const int error = statOpen(fd.get(), STATX_BASIC_STATS, found);
    return error == 0 && !canBeOpened(found.stx_mode) ? ENXIO : error;
  }

  static void addAcl(const Place& place, const Fd& fd, bool isDefault, Lane& lane) {
    const char* name = isDefault ? kDefaultAcl : kAccessAcl;
    std::string_view value;
    const int error = fd ? readRareXattr(fd.get(), name, lane.scratch, value) : readXattr(place, name, lane.scratch, value);
    if (isMissingXattr(error)) return;
    const AclTag tag{error, isDefault};
    lane.found.add(value, &tag, sizeof tag);
  }

  EntryFids fids_;
  PathList paths_;
  // `DT_…` of each; empty = not known.
  std::string types_;
  std::vector<int32_t> fidError_;
  std::vector<uint8_t> foundFids_;
  StatColumns stats_;
  Groups acls_;
};

// (root, bytes, ends, types, inFlight)
Napi::Value inspect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::path2fid, "llapi_path2fid");
  return Task::start(env, std::make_unique<InspectBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), bytesArg(info, 3), uintArg(info, 4)));
}

}  // namespace

void exportInspect(Napi::Env env, Napi::Object exports) { exports.Set("inspect", Napi::Function::New(env, inspect)); }
