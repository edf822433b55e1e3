// Reading the arguments of a call. Every function throws a TypeError where a value has another type: the TypeScript above checks meaning,
// these keep memory safe.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

#include "path-list.h"

// The bytes of a Uint8Array, copied.
std::string bytesArg(const Napi::CallbackInfo& info, size_t index);
// A NUL-terminated path or name given as Uint8Array; throws if it holds a NUL.
std::string cStringArg(const Napi::CallbackInfo& info, size_t index);
// A descriptor: not negative, because some negative numbers mean the working directory.
int fdArg(const Napi::CallbackInfo& info, size_t index);
int32_t intArg(const Napi::CallbackInfo& info, size_t index);
uint32_t uintArg(const Napi::CallbackInfo& info, size_t index);
bool boolArg(const Napi::CallbackInfo& info, size_t index);
// A bigint within the range of its type.
int64_t int64Arg(const Napi::CallbackInfo& info, size_t index);
uint64_t uint64Arg(const Napi::CallbackInfo& info, size_t index);
// Two arguments: bytes and ends.
PathList pathListArg(const Napi::CallbackInfo& info, size_t index);

// Throws an error that carries `errno` and `syscall`.
[[noreturn]] void throwErrno(Napi::Env env, int errorNumber, const char* syscall);

// 0 or a negative errno, which the TypeScript turns into an error with the call's name and path.
inline Napi::Value outcome(const Napi::CallbackInfo& info, int errorNumber) { return Napi::Number::New(info.Env(), -errorNumber); }
