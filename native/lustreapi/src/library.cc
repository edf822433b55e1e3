#include "library.h"

#include <dlfcn.h>

#include "call-args.h"
#include "calls.h"

namespace {

// What one environment (main thread or worker) has opened.
struct Opened {
  std::shared_ptr<const Library> library;
};

void* openShared(const std::string& path, std::string& error) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* message = dlerror();
    error = message ? message : "unknown error";
  }
  return handle;
}

class SymbolLoader {
 public:
  explicit SymbolLoader(void* handle) : handle_(handle) {}

  template <typename Function>
  void optional(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
  }
  template <typename Function>
  void required(Function& function, const char* name) {
    optional(function, name);
    if (!function) missing.emplace_back(name);
  }

  std::vector<std::string> missing;

 private:
  void* handle_;
};

void loadSymbols(SymbolLoader& loader, Library& library) {
  loader.required(library.changelogStart, "llapi_changelog_start");
  loader.required(library.changelogSetXflags, "llapi_changelog_set_xflags");
  loader.required(library.changelogGetFd, "llapi_changelog_get_fd");
  loader.required(library.changelogFini, "llapi_changelog_fini");
  loader.required(library.changelogClear, "llapi_changelog_clear");
  loader.required(library.fid2path, "llapi_fid2path");
  loader.optional(library.fid2pathAt, "llapi_fid2path_at");
  loader.required(library.path2fid, "llapi_path2fid");
  loader.optional(library.fd2fid, "llapi_fd2fid");
  loader.required(library.path2parent, "llapi_path2parent");
  loader.required(library.getDataVersion, "llapi_get_data_version");
  loader.required(library.hsmStateGetFd, "llapi_hsm_state_get_fd");
  loader.required(library.searchFsname, "llapi_search_fsname");
  loader.required(library.getObdCount, "llapi_get_obd_count");
  loader.optional(library.messageLevel, "llapi_msg_set_level");
}

Napi::Value opened(Napi::Env env, const std::string& path, void* handle) {
  auto library = std::make_shared<Library>();
  SymbolLoader loader(handle);
  loadSymbols(loader, *library);
  // The library prints what it also returns: with thousands of lookups under way that is only noise.
  if (library->messageLevel) library->messageLevel(0);
  env.GetInstanceData<Opened>()->library = library;

  auto missing = Napi::Array::New(env);
  for (const auto& name : loader.missing) missing.Set(missing.Length(), Napi::String::New(env, name));
  auto result = Napi::Object::New(env);
  result.Set("ok", true);
  result.Set("path", path);
  result.Set("missing", missing);
  return result;
}

// (paths) -> { ok: true, path, missing } or { ok: false, tried }
Napi::Value openLibrary(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto paths = info[0].As<Napi::Array>();
  auto tried = Napi::Array::New(env);
  for (uint32_t i = 0; i < paths.Length(); i++) {
    const std::string path = paths.Get(i).ToString();
    std::string error;
    if (void* handle = openShared(path, error)) return opened(env, path, handle);
    auto attempt = Napi::Object::New(env);
    attempt.Set("path", path);
    attempt.Set("error", error);
    tried.Set(i, attempt);
  }
  auto result = Napi::Object::New(env);
  result.Set("ok", false);
  result.Set("tried", tried);
  return result;
}

}  // namespace

std::shared_ptr<const Library> openedLibrary(Napi::Env env) {
  if (auto library = env.GetInstanceData<Opened>()->library) return library;
  auto error = Napi::Error::New(env, "liblustreapi is not open in this thread: call openLustreapi first");
  error.Set("code", Napi::String::New(env, "LUSTREAPI_NOT_OPEN"));
  throw error;
}

void exportLibrary(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Opened());
  exports.Set("openLustreapi", Napi::Function::New(env, openLibrary));
}
