// What each concern adds to the addon's exports.
#pragma once

#include <napi.h>

void exportRoots(Napi::Env env, Napi::Object exports);
void exportStat(Napi::Env env, Napi::Object exports);
void exportDirectories(Napi::Env env, Napi::Object exports);
void exportNamespace(Napi::Env env, Napi::Object exports);
void exportNamespaceBatch(Napi::Env env, Napi::Object exports);
void exportAttributes(Napi::Env env, Napi::Object exports);
void exportXattrs(Napi::Env env, Napi::Object exports);
void exportXattrBatches(Napi::Env env, Napi::Object exports);
void exportBlockDigests(Napi::Env env, Napi::Object exports);
void exportContentDigests(Napi::Env env, Napi::Object exports);
void exportDescriptors(Napi::Env env, Napi::Object exports);
void exportLibrary(Napi::Env env, Napi::Object exports);
void exportChangelog(Napi::Env env, Napi::Object exports);
void exportFid2path(Napi::Env env, Napi::Object exports);
void exportInspect(Napi::Env env, Napi::Object exports);
void exportPath2fid(Napi::Env env, Napi::Object exports);
void exportPath2parent(Napi::Env env, Napi::Object exports);
void exportDataVersion(Napi::Env env, Napi::Object exports);
void exportHsmState(Napi::Env env, Napi::Object exports);
void exportMountInfo(Napi::Env env, Napi::Object exports);
