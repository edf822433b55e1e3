// Data versions of many files.
#include <errno.h>
#include <fcntl.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"
#include "open-entry.h"

namespace {

class DataVersionBatch : public Batch {
 public:
  DataVersionBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, uint64_t flags, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        library_(std::move(library)),
        paths_(std::move(paths)),
        flags_(flags),
        error_(paths_.size()),
        versions_(paths_.size()) {}

 protected:
  void runItem(size_t index, Lane& lane) override { error_[index] = lookUp(paths_.at(index), lane, versions_[index]); }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env).set("errno", makeArray(env, error_)).set("versions", makeArray(env, versions_)).get();
  }

 private:
  int lookUp(std::string_view path, Lane& lane, uint64_t& version) const {
    Place place;
    Fd fd;
    if (const int error = lane.from.locate(path, place)) return error;
    // O_NONBLOCK: an open must not wait for a lease or a recall.
    if (const int error = openFileOrDirectory(place, O_RDONLY | O_NONBLOCK, 0, fd)) return error;
    const int result = library_->getDataVersion(fd.get(), &version, flags_);
    return result < 0 ? -result : 0;
  }

  std::shared_ptr<const Library> library_;
  PathList paths_;
  uint64_t flags_;
  std::vector<int32_t> error_;
  std::vector<uint64_t> versions_;
};

// (root, bytes, ends, flags, inFlight)
Napi::Value dataVersion(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::getDataVersion, "llapi_get_data_version");
  return Task::start(
      env, std::make_unique<DataVersionBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), uint64Arg(info, 3), uintArg(info, 4)));
}

}  // namespace

void exportDataVersion(Napi::Env env, Napi::Object exports) { exports.Set("dataVersion", Napi::Function::New(env, dataVersion)); }
