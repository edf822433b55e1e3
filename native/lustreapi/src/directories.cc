// Entries of one directory, or of many.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "open-entry.h"

namespace {

constexpr size_t kBufferBytes = 64 * 1024;
constexpr size_t kTypeBytes = 1;

// struct linux_dirent64, with the name right after it.
struct RawEntry {
  uint64_t ino;
  int64_t offset;
  uint16_t length;
  uint8_t type;
} __attribute__((packed));

// Some file systems leave the type out.
uint8_t typeOf(int dirFd, const char* name) {
  struct statx found;
  if (statx(dirFd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) != 0) return DT_UNKNOWN;
  return IFTODT(found.stx_mode);
}

void addEntries(int dirFd, const char* buffer, size_t size, Strings& found) {
  for (size_t at = 0; at < size;) {
    RawEntry entry;
    memcpy(&entry, buffer + at, sizeof entry);
    const char* name = buffer + at + sizeof entry;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
      const uint8_t type = entry.type == DT_UNKNOWN ? typeOf(dirFd, name) : entry.type;
      found.add(name, &type, kTypeBytes);
    }
    at += entry.length;
  }
}

// What is added to `found` is sorted by the bytes of the names: so everybody wants it.
int readEntries(Resolver& resolver, std::string_view path, std::vector<char>& buffer, Strings& found) {
  const size_t firstEntry = found.lengths.size();
  const size_t firstByte = found.bytes.size();
  Place place;
  Fd fd;
  if (const int error = resolver.locate(path, place)) return error;
  if (const int error = openDirectory(place, fd)) return error;
  buffer.resize(kBufferBytes);
  for (;;) {
    const long size = syscall(SYS_getdents64, fd.get(), buffer.data(), buffer.size());
    if (size == 0) {
      found.sortFrom(firstEntry, firstByte, kTypeBytes);
      return 0;
    }
    if (size > 0) {
      addEntries(fd.get(), buffer.data(), static_cast<size_t>(size), found);
    } else if (errno != EINTR) {
      return errno;
    }
  }
}

class ReaddirBatch : public Batch {
 public:
  ReaddirBatch(Napi::Env env, int root, PathList paths, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root), paths_(std::move(paths)), error_(paths_.size()), entries_(paths_.size(), kTypeBytes) {}

 protected:
  void runItem(size_t index, Lane& lane) override {
    const size_t firstEntry = lane.found.lengths.size();
    const size_t firstByte = lane.found.bytes.size();
    error_[index] = readEntries(lane.from, paths_.at(index), lane.scratch, lane.found);
    // Half a directory looks like a whole one: better none.
    if (error_[index] != 0) lane.found.truncate(firstEntry, kTypeBytes);
    entries_.claim(index, lane.index, lane.found, firstEntry, firstByte);
  }
  void joinLanes(const std::vector<const Strings*>& lanes) override {
    if (!entries_.join(lanes)) fail(EOVERFLOW, "readdir", "more than 4 GiB of names in one batch");
  }
  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("entryStart", makeArray(env, entries_.starts))
        .set("names", makePathList(env, entries_))
        .set("types", makeArray(env, entries_.tags))
        .get();
  }

 private:
  PathList paths_;
  std::vector<int32_t> error_;
  Groups entries_;
};

// (root, path) -> { names, types } or -errno
Napi::Value readdirOne(const Napi::CallbackInfo& info) {
  Resolver resolver(fdArg(info, 0));
  std::vector<char> buffer;
  Strings found;
  if (const int error = readEntries(resolver, bytesArg(info, 1), buffer, found)) return outcome(info, error);
  Groups entries(1, kTypeBytes);
  entries.claim(0, 0, found, 0, 0);
  if (!entries.join({&found})) return outcome(info, EOVERFLOW);
  const napi_env env = info.Env();
  return Napi::Value(env, ObjectBuilder(env).set("names", makePathList(env, entries)).set("types", makeArray(env, entries.tags)).get());
}

// (root, bytes, ends, inFlight)
Napi::Value readdirBatch(const Napi::CallbackInfo& info) {
  return Task::start(info.Env(), std::make_unique<ReaddirBatch>(info.Env(), fdArg(info, 0), pathListArg(info, 1), uintArg(info, 3)));
}

}  // namespace

void exportDirectories(Napi::Env env, Napi::Object exports) {
  exports.Set("readdir", Napi::Function::New(env, readdirOne));
  exports.Set("readdirBatch", Napi::Function::New(env, readdirBatch));
}
