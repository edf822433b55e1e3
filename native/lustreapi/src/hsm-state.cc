// HSM states of many files: archived, released, …
#include <errno.h>
#include <fcntl.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"
#include "open-entry.h"

namespace {

class HsmStateBatch : public Batch {
 public:
  HsmStateBatch(Napi::Env env, std::shared_ptr<const Library> library, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        library_(std::move(library)),
        paths_(std::move(paths)),
        error_(paths_.size()),
        states_(paths_.size()),
        archiveIds_(paths_.size()) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    HsmUserState state{};
    error_[index] = lookUp(paths_.at(index), lane, state);
    if (error_[index] != 0) return;
    states_[index] = state.states;
    archiveIds_[index] = state.archiveId;
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("states", makeArray(env, states_))
        .set("archiveIds", makeArray(env, archiveIds_))
        .get();
  }

 private:
  int lookUp(std::string_view path, Lane& lane, HsmUserState& state) const {
    Place place;
    Fd fd;
    if (const int error = lane.from.locate(path, place)) return error;
    if (const int error = openFileOrDirectory(place, O_RDONLY | O_NONBLOCK, 0, fd)) return error;
    const int result = library_->hsmStateGetFd(fd.get(), &state);
    return result < 0 ? -result : 0;
  }

  std::shared_ptr<const Library> library_;
  PathList paths_;
  std::vector<int32_t> error_;
  std::vector<uint32_t> states_;
  std::vector<uint32_t> archiveIds_;
};

// (root, bytes, ends, inFlight)
Napi::Value hsmState(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto library = libraryWith(env, &Library::hsmStateGetFd, "llapi_hsm_state_get_fd");
  return Task::start(env, std::make_unique<HsmStateBatch>(env, library, fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportHsmState(Napi::Env env, Napi::Object exports) { exports.Set("hsmState", Napi::Function::New(env, hsmState)); }
