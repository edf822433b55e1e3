// What a mounted Lustre file system is called and how many targets it has. On threads: a server that does not answer must not stop the process.
#include <limits.h>

#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "library.h"
#include "task.h"

namespace {

class ObdCount : public Task {
 public:
  ObdCount(std::shared_ptr<const Library> library, std::string mount, bool isMdt)
      : library_(std::move(library)), mount_(std::move(mount)), isMdt_(isMdt) {}
  void run() override {
    const int result = library_->getObdCount(mount_.data(), &count_, isMdt_ ? 1 : 0);
    if (result < 0) fail(-result, "llapi_get_obd_count");
  }
  napi_value result(napi_env env) override { return makeNumber(env, count_); }

 private:
  std::shared_ptr<const Library> library_;
  std::string mount_;
  bool isMdt_;
  int count_ = 0;
};

class SearchFsname : public Task {
 public:
  SearchFsname(std::shared_ptr<const Library> library, std::string path) : library_(std::move(library)), path_(std::move(path)) {}
  void run() override {
    const int result = library_->searchFsname(path_.c_str(), fsname_);
    if (result < 0) fail(-result, "llapi_search_fsname");
  }
  napi_value result(napi_env env) override {
    napi_value name = nullptr;
    return napi_create_string_utf8(env, fsname_, NAPI_AUTO_LENGTH, &name) == napi_ok ? name : nullptr;
  }

 private:
  std::shared_ptr<const Library> library_;
  std::string path_;
  char fsname_[PATH_MAX + 1] = "";
};

// (mount, isMdt)
Napi::Value obdCount(const Napi::CallbackInfo& info) {
  auto library = libraryWith(info.Env(), &Library::getObdCount, "llapi_get_obd_count");
  return Task::start(info.Env(), std::make_unique<ObdCount>(library, cStringArg(info, 0), boolArg(info, 1)));
}

// (path)
Napi::Value searchFsname(const Napi::CallbackInfo& info) {
  auto library = libraryWith(info.Env(), &Library::searchFsname, "llapi_search_fsname");
  return Task::start(info.Env(), std::make_unique<SearchFsname>(library, cStringArg(info, 0)));
}

}  // namespace

void exportMountInfo(Napi::Env env, Napi::Object exports) {
  exports.Set("obdCount", Napi::Function::New(env, obdCount));
  exports.Set("searchFsname", Napi::Function::New(env, searchFsname));
}
