// Names and values of extended attributes of many entries.
#include <errno.h>
#include <string.h>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "xattr-calls.h"

namespace {

int openEntry(Lane& lane, std::string_view path, XattrEntry& entry) {
  Place place;
  const int error = lane.from.locate(path, place);
  return error != 0 ? error : entry.open(place);
}

// One value for every pair of path and name, in that order; empty where there is an errno.
class GetXattrBatch : public Batch {
 public:
  GetXattrBatch(Napi::Env env, int root, PathList paths, PathList names, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root), paths_(std::move(paths)), error_(paths_.size() * names.size()), values_(paths_.size(), 0) {
    for (size_t i = 0; i < names.size(); i++) names_.emplace_back(names.at(i));
  }

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstString = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    XattrEntry entry;
    const int missing = openEntry(lane, paths_.at(index), entry);
    for (size_t i = 0; i < names_.size(); i++) {
      const int error = missing != 0 ? missing : entry.get(names_[i].c_str(), lane.scratch);
      error_[index * names_.size() + i] = error;
      lane.found.add(error == 0 ? std::string_view(lane.scratch.data(), lane.scratch.size()) : std::string_view());
    }
    values_.claim(index, lane.index, lane.found, firstString, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!values_.join(lanes)) fail(EOVERFLOW, "getxattr", "more than 4 GiB of values in one batch");
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env).set("errno", makeArray(env, error_)).set("values", makePathList(env, values_)).get();
  }

 private:
  PathList paths_;
  std::vector<std::string> names_;
  std::vector<int32_t> error_;
  Groups values_;
};

class ListXattrBatch : public Batch {
 public:
  ListXattrBatch(Napi::Env env, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root), paths_(std::move(paths)), error_(paths_.size()), names_(paths_.size(), 0) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstString = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    error_[index] = list(paths_.at(index), lane);
    names_.claim(index, lane.index, lane.found, firstString, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!names_.join(lanes)) fail(EOVERFLOW, "listxattr", "more than 4 GiB of names in one batch");
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("nameStart", makeArray(env, names_.starts))
        .set("names", makePathList(env, names_))
        .get();
  }

 private:
  int list(std::string_view path, Lane& lane) {
    XattrEntry entry;
    if (const int error = openEntry(lane, path, entry)) return error;
    if (const int error = entry.list(lane.scratch)) return error;
    for (size_t at = 0; at < lane.scratch.size();) {
      const std::string_view name(lane.scratch.data() + at, strnlen(lane.scratch.data() + at, lane.scratch.size() - at));
      lane.found.add(name);
      at += name.size() + 1;
    }
    return 0;
  }

  PathList paths_;
  std::vector<int32_t> error_;
  Groups names_;
};

// (root, bytes, ends, nameBytes, nameEnds, inFlight)
Napi::Value getBatch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return Task::start(env, std::make_unique<GetXattrBatch>(env, fdArg(info, 0), pathListArg(info, 1), pathListArg(info, 3), uintArg(info, 5)));
}

// (root, bytes, ends, inFlight)
Napi::Value listBatch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return Task::start(env, std::make_unique<ListXattrBatch>(env, fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportXattrBatches(Napi::Env env, Napi::Object exports) {
  exports.Set("xattrBatch", Napi::Function::New(env, getBatch));
  exports.Set("listXattrBatch", Napi::Function::New(env, listBatch));
}
