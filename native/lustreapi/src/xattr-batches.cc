// Names and values of extended attributes of many entries.
#include <errno.h>

#include <algorithm>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "xattr-calls.h"

namespace {

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
    Place place;
    const int missing = lane.from.locate(paths_.at(index), place);
    for (size_t i = 0; i < names_.size(); i++) {
      std::string_view value;
      error_[index * names_.size() + i] = missing != 0 ? missing : XattrEntry(place).get(names_[i].c_str(), lane.scratch, value);
      lane.found.add(value);
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
    Place place;
    std::string_view names;
    if (const int error = lane.from.locate(path, place)) return error;
    if (const int error = XattrEntry(place).list(lane.scratch, names)) return error;
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find('\0'));
      lane.found.add(name);
      names.remove_prefix(std::min(names.size(), name.size() + 1));
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
