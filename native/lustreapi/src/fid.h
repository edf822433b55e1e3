// struct lu_fid of the Lustre interface: 16 bytes, little-endian in memory on every system this runs on.
#pragma once

#include <cstdint>
#include <cstdio>

struct Fid {
  uint64_t seq;
  uint32_t oid;
  uint32_t ver;
};
static_assert(sizeof(Fid) == 16, "a FID is 16 bytes");

constexpr size_t kFidBytes = 16;

// "[0x200000402:0x1a:0x0]"
struct FidText {
  explicit FidText(const Fid& fid) {
    snprintf(text, sizeof text, "[0x%llx:0x%x:0x%x]", static_cast<unsigned long long>(fid.seq), fid.oid, fid.ver);
  }
  char text[48];
};
