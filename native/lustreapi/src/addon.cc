#include <napi.h>

#include "calls.h"

// Runs once for every JavaScript environment (the main thread and each worker); nothing but the openat2 switch is shared between them.
static Napi::Object init(Napi::Env env, Napi::Object exports) {
  exportRoots(env, exports);
  exportStat(env, exports);
  exportDirectories(env, exports);
  exportNamespace(env, exports);
  exportNamespaceBatch(env, exports);
  exportAttributes(env, exports);
  exportXattrs(env, exports);
  exportXattrBatches(env, exports);
  exportDescriptors(env, exports);
  exportBlockDigests(env, exports);
  exportContentDigests(env, exports);
  exportLibrary(env, exports);
  exportChangelog(env, exports);
  exportFid2path(env, exports);
  exportInspect(env, exports);
  exportPath2fid(env, exports);
  exportPath2parent(env, exports);
  exportDataVersion(env, exports);
  exportHsmState(env, exports);
  exportMountInfo(env, exports);
  return exports;
}

NODE_API_MODULE(lustreapi, init)
