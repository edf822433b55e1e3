// Many changes of names that do not depend on each other.
#include <errno.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "namespace-calls.h"
#include "namespace-pieces.h"

namespace {

// The numbers are those of the TypeScript side.
enum class Change : uint32_t { Rename = 0, Link = 1, Unlink = 2, Rmdir = 3, Mkdir = 4 };

class NamespaceBatch : public Batch {
 public:
  NamespaceBatch(const Napi::CallbackInfo& info, PathList paths, PathList toPaths)
      : Batch(info.Env(), paths.size(), uintArg(info, 9), fdArg(info, 1), intArg(info, 4)),
        change_(static_cast<Change>(uintArg(info, 0))),
        paths_(std::move(paths)),
        toPaths_(std::move(toPaths)),
        mode_(uintArg(info, 7)),
        noReplace_(boolArg(info, 8)),
        oneRoot_(fdArg(info, 1) == intArg(info, 4)),
        error_(paths_.size()) {
    if (twoPlaces() && toPaths_.size() != paths_.size()) throw Napi::RangeError::New(info.Env(), "as many target paths as paths are needed");
  }

 protected:
  Pieces planPieces() override {
    if (change_ == Change::Rename) return renamePieces(paths_, toPaths_, oneRoot_);
    return folderPieces(change_ == Change::Link ? toPaths_ : paths_);
  }
  void runItem(size_t index, Lane& lane) override { error_[index] = apply(index, lane); }
  napi_value result(napi_env env) override { return makeArray(env, error_); }

 private:
  bool twoPlaces() const { return change_ == Change::Rename || change_ == Change::Link; }

  int apply(size_t index, Lane& lane) {
    Place from;
    Place to;
    if (const int error = lane.from.locate(paths_.at(index), from)) return error;
    if (twoPlaces()) {
      if (const int error = lane.to.locate(toPaths_.at(index), to)) return error;
    }
    switch (change_) {
      case Change::Rename:
        return renameEntry(from, to, noReplace_);
      case Change::Link:
        return linkEntry(from, to);
      case Change::Unlink:
        return unlinkEntry(from);
      case Change::Rmdir:
        return removeDirectory(from);
      case Change::Mkdir:
        return makeDirectory(from, mode_);
    }
    return EINVAL;
  }

  Change change_;
  PathList paths_;
  PathList toPaths_;
  mode_t mode_;
  bool noReplace_;
  bool oneRoot_;
  std::vector<int32_t> error_;
};

// (change, root, bytes, ends, toRoot or -1, toBytes, toEnds, mode, noReplace, inFlight) -> promise of errnos
Napi::Value namespaceBatch(const Napi::CallbackInfo& info) {
  return Task::start(info.Env(), std::make_unique<NamespaceBatch>(info, pathListArg(info, 2), pathListArg(info, 5)));
}

}  // namespace

void exportNamespaceBatch(Napi::Env env, Napi::Object exports) { exports.Set("namespaceBatch", Napi::Function::New(env, namespaceBatch)); }
