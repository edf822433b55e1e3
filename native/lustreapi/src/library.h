// liblustreapi, opened at run time: building needs no Lustre, and one build runs with every version of it.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fid.h"

// struct hsm_user_state
struct HsmUserState {
  uint32_t states;
  uint32_t archiveId;
  uint32_t rest[6];
};
static_assert(sizeof(HsmUserState) == 32, "struct hsm_user_state is 32 bytes");

// The calls that are used; null where this library has none. Never unloaded: threads may be inside.
struct Library {
  int (*changelogStart)(void** priv, int flags, const char* mdtname, long long startrec);
  int (*changelogSetXflags)(void* priv, int xflags);
  int (*changelogGetFd)(void* priv);
  int (*changelogFini)(void** priv);
  int (*changelogClear)(const char* mdtname, const char* user, long long endrec);
  int (*fid2path)(const char* mount, const char* fid, char* path, int size, long long* recno, int* linkno);
  int (*fid2pathAt)(int mountFd, const Fid* fid, char* path, int size, long long* recno, int* linkno);
  int (*path2fid)(const char* path, Fid* fid);
  int (*fd2fid)(int fd, Fid* fid);
  int (*path2parent)(const char* path, unsigned linkno, Fid* parent, char* name, size_t size);
  int (*getDataVersion)(int fd, uint64_t* version, uint64_t flags);
  int (*hsmStateGetFd)(int fd, HsmUserState* state);
  int (*searchFsname)(const char* path, char* fsname);
  int (*getObdCount)(char* mount, int* count, int isMdt);
  void (*messageLevel)(int level);
};

// The library that this environment has opened. Throws an error with code LUSTREAPI_NOT_OPEN if it has none,
// or LUSTREAPI_SYMBOL_MISSING if `symbol` is null in it.
std::shared_ptr<const Library> openedLibrary(Napi::Env env);

template <typename Symbol>
std::shared_ptr<const Library> libraryWith(Napi::Env env, Symbol Library::* symbol, const char* name) {
  auto library = openedLibrary(env);
  if (*library.*symbol) return library;
  auto error = Napi::Error::New(env, std::string("this liblustreapi has no ") + name + ": install a newer Lustre client");
  error.Set("code", Napi::String::New(env, "LUSTREAPI_SYMBOL_MISSING"));
  throw error;
}
