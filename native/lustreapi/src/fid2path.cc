// All paths of many FIDs.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include <cstring>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"

namespace {

// Lustre refuses a larger buffer.
constexpr int kPathBytes = PATH_MAX;
// The link attribute of an inode has room for fewer than 220 names: a library that goes on beyond this is broken.
constexpr int kLinkMax = 65536;
// Asked beyond the last link, the library starts again with the first: where all paths are too long, nothing else tells that this was the last one.
constexpr int kTooLongMax = 16;

std::vector<Fid> fidsOf(const std::string& bytes) {
  std::vector<Fid> fids(bytes.size() / kFidBytes);
  if (!fids.empty()) memcpy(fids.data(), bytes.data(), fids.size() * kFidBytes);
  return fids;
}

// The root comes as "/", and some versions end a directory with a slash.
std::string_view withoutOuterSlashes(const char* path) {
  std::string_view view(path);
  while (!view.empty() && view.front() == '/') view.remove_prefix(1);
  while (!view.empty() && view.back() == '/') view.remove_suffix(1);
  return view;
}

class Fid2pathBatch : public Batch {
 public:
  Fid2pathBatch(Napi::Env env, std::shared_ptr<const Library> library, std::string mount, std::vector<Fid> fids, uint32_t maxLinks,
                uint32_t inFlight)
      : Batch(env, fids.size(), inFlight),
        library_(std::move(library)),
        mount_(std::move(mount)),
        fids_(std::move(fids)),
        maxLinks_(maxLinks == 0 ? kLinkMax : maxLinks),
        error_(fids_.size()),
        links_(fids_.size(), 0) {
    // One descriptor for all lookups where the library takes one; otherwise it finds the mount again at every call.
    if (library_->fid2pathAt && mount_.front() == '/') mountFd_.reset(open(mount_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstString = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    lane.scratch.resize(kPathBytes + 1);
    error_[index] = findLinks(fids_[index], lane, firstString);
    if (error_[index] != 0 && !isTooLong(error_[index])) lane.found.truncate(firstString);
    links_.claim(index, lane.index, lane.found, firstString, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!links_.join(lanes)) fail(EOVERFLOW, "llapi_fid2path", "more than 4 GiB of paths in one batch");
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("linkStart", makeArray(env, links_.starts))
        .set("paths", makePathList(env, links_))
        .get();
  }

 private:
  int lookUp(const Fid& fid, char* path, int& linkno) const {
    long long recno = -1;
    path[0] = '\0';
    const int result = mountFd_ ? library_->fid2pathAt(mountFd_.get(), &fid, path, kPathBytes, &recno, &linkno)
                                : library_->fid2path(mount_.c_str(), FidText(fid).text, path, kPathBytes, &recno, &linkno);
    return result < 0 ? -result : 0;
  }

  // Asks for link after link. The library leaves the link number as it is after the last one; asked beyond, it starts again with the first.
  // A link whose path is too long is left out; the others are found, and the error says that there is such a link.
  int findLinks(const Fid& fid, Lane& lane, size_t firstString) const {
    char* path = lane.scratch.data();
    const size_t firstByte = lane.found.bytes.size();
    bool skipped = false;
    int tooLong = 0;
    int tooLongInARow = 0;
    for (int linkno = 0; linkno < kLinkMax;) {
      int next = linkno;
      const int error = lookUp(fid, path, next);
      const size_t count = lane.found.lengths.size() - firstString;
      if (isTooLong(error)) {
        tooLong = error;
        if (++tooLongInARow == kTooLongMax) return error;
        skipped = true;
        linkno++;
        continue;
      }
      tooLongInARow = 0;
      if (error == ENOENT && count > 0 && !skipped) {
        // A link that went away meanwhile, or whose folder is no longer in the tree: the others still count.
        skipped = true;
        linkno++;
        continue;
      }
      if (error != 0) return error == ENOENT && (count > 0 || tooLong != 0) ? tooLong : error;
      const std::string_view link = withoutOuterSlashes(path);
      if (skipped && count > 0 && isFirst(lane, firstString, firstByte, link)) return tooLong;
      lane.found.add(link);
      if (next == linkno || count + 1 >= maxLinks_) return tooLong;
      skipped = false;
      linkno = next;
    }
    return tooLong;
  }

  // The MDT says EOVERFLOW where a path does not fit, the client ENAMETOOLONG.
  static bool isTooLong(int error) { return error == EOVERFLOW || error == ENAMETOOLONG; }

  static bool isFirst(const Lane& lane, size_t firstString, size_t firstByte, std::string_view link) {
    const auto* first = reinterpret_cast<const char*>(lane.found.bytes.data()) + firstByte;
    return link == std::string_view(first, lane.found.lengths[firstString]);
  }

  std::shared_ptr<const Library> library_;
  std::string mount_;
  std::vector<Fid> fids_;
  size_t maxLinks_;
  Fd mountFd_;
  std::vector<int32_t> error_;
  Groups links_;
};

// (mount, fids, maxLinks, inFlight)
Napi::Value fid2path(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::fid2path, "llapi_fid2path");
  return Task::start(env, std::make_unique<Fid2pathBatch>(env, library, cStringArg(info, 0), fidsOf(bytesArg(info, 1)), uintArg(info, 2),
                                                          uintArg(info, 3)));
}

}  // namespace

void exportFid2path(Napi::Env env, Napi::Object exports) { exports.Set("fid2path", Napi::Function::New(env, fid2path)); }
