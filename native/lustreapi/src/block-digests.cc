// Digests of the blocks of a file, in memory or on disk.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "task.h"
#include "xxh128.h"

namespace {

// (bytes, blockSize) -> digests, 16 bytes each; the bytes may be shared with other threads
Napi::Value xxh128Blocks(const Napi::CallbackInfo& info) {
  const uint32_t blockSize = uintArg(info, 1);
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (!info[0].IsTypedArray() || napi_get_typedarray_info(info.Env(), info[0], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "argument 0 must be a Uint8Array");
  }
  if (blockSize == 0) throw Napi::RangeError::New(info.Env(), "blocks of nothing");
  const auto* bytes = static_cast<const uint8_t*>(data);
  std::vector<uint8_t> digests((length + blockSize - 1) / blockSize * XXH128_BYTES);
  size_t at = 0;
  for (uint8_t* digest = digests.data(); at < length; at += blockSize, digest += XXH128_BYTES) {
    xxh128(bytes + at, length - at < blockSize ? length - at : blockSize, digest);
  }
  return Napi::Buffer<uint8_t>::Copy(info.Env(), digests.data(), digests.size());
}

// Reads blocks of a file one after the other and hashes each while it is in the cache.
class FileDigests : public Task {
 public:
  FileDigests(int fd, int64_t offset, size_t length, size_t blockSize) : fd_(fd), offset_(offset), length_(length), blockSize_(blockSize) {
    const size_t count = (length + blockSize - 1) / blockSize;
    digests_.resize(count * XXH128_BYTES);
    zero_.resize(count);
  }

  // Keeps here what was read of blocks with other digests than `expected`, of all blocks without.
  void keep(Napi::Uint8Array memory, std::string expected) {
    memory_ = memory.Data();
    kept_ = Napi::Persistent(memory);
    expected_ = std::move(expected);
  }

  void run() override {
    // What is as expected is read to one small place that stays in the cache; after a block that is not, the next one probably is not either.
    std::vector<uint8_t> scratch(memory_ && expected_.empty() ? 0 : blockSize_);
    bool isKept = memory_ && expected_.empty();
    for (size_t at = 0, block = 0; at < length_; at += blockSize_, ++block) {
      const size_t bytes = length_ - at < blockSize_ ? length_ - at : blockSize_;
      uint8_t* to = isKept ? memory_ + at : scratch.data();
      if (!readBlock(to, bytes)) return;
      uint8_t* digest = &digests_[block * XXH128_BYTES];
      xxh128(to, bytes, digest);
      zero_[block] = to[0] == 0 && memcmp(to, to + 1, bytes - 1) == 0;
      const bool differs = memory_ && (expected_.empty() || memcmp(digest, &expected_[block * XXH128_BYTES], XXH128_BYTES) != 0);
      if (differs && !isKept) memcpy(memory_ + at, to, bytes);
      isKept = differs;
    }
  }

  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("digests", makeArray(env, digests_))
        .set("zero", makeArray(env, zero_))
        .set("bytes", makeNumber(env, static_cast<double>(done_)))
        .get();
  }

 private:
  bool readBlock(uint8_t* to, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
      const ssize_t count = pread(fd_, to + at, bytes - at, offset_ + static_cast<int64_t>(done_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(errno, "pread");
      if (count <= 0) return false;
      at += static_cast<size_t>(count);
      done_ += static_cast<size_t>(count);
    }
    return true;
  }

  int fd_;
  int64_t offset_;
  size_t length_;
  size_t blockSize_;
  size_t done_ = 0;
  uint8_t* memory_ = nullptr;
  Napi::Reference<Napi::Uint8Array> kept_;
  std::string expected_;
  std::vector<uint8_t> digests_;
  std::vector<uint8_t> zero_;
};

// (fd, offset, length, blockSize, memory or null, expected digests or null) -> promise of { digests, zero, bytes }
Napi::Value xxh128File(const Napi::CallbackInfo& info) {
  const size_t length = uintArg(info, 2);
  const size_t blockSize = uintArg(info, 3);
  if (blockSize == 0) throw Napi::RangeError::New(info.Env(), "blocks of nothing");
  auto task = std::make_unique<FileDigests>(fdArg(info, 0), int64Arg(info, 1), length, blockSize);
  if (info[4].IsTypedArray()) {
    const auto memory = info[4].As<Napi::Uint8Array>();
    if (memory.TypedArrayType() != napi_uint8_array || memory.ElementLength() < length) {
      throw Napi::RangeError::New(info.Env(), "argument 4 is too short");
    }
    std::string expected = info[5].IsTypedArray() ? bytesArg(info, 5) : std::string();
    if (!expected.empty() && expected.size() < (length + blockSize - 1) / blockSize * XXH128_BYTES) {
      throw Napi::RangeError::New(info.Env(), "argument 5 is too short");
    }
    task->keep(memory, std::move(expected));
  }
  return Task::start(info.Env(), std::move(task));
}

// Looks for data from an offset on; data nearer to each other than `gap` count as one.
class FindExtent : public Task {
 public:
  FindExtent(int fd, int64_t start, int64_t end, int64_t gap) : fd_(fd), start_(start), end_(end), gap_(gap) {}

  void run() override {
    if (hasNoHoles()) {
      if (start_ < end_) found_ = {start_, end_};
      return;
    }
    off_t first, hole;
    if (!seek(start_, SEEK_DATA, &first) || first < 0 || first >= end_) return;
    if (!seek(first, SEEK_HOLE, &hole)) return;
    int64_t stop = hole < 0 ? end_ : hole;
    while (stop < end_) {
      off_t next;
      if (!seek(stop, SEEK_DATA, &next)) return;
      if (next < 0 || next - stop > gap_) break;
      if (!seek(next, SEEK_HOLE, &hole)) return;
      stop = hole < 0 ? end_ : hole;
    }
    found_ = {first, stop < end_ ? stop : end_};
  }

  napi_value result(napi_env env) override { return makeArray(env, found_); }

 private:
  // With space for every byte there is nothing to look for; where a file system goes through all its pages for that, it takes as long as reading some of them.
  bool hasNoHoles() const {
    struct statx found;
    return statx(fd_, "", AT_EMPTY_PATH, STATX_SIZE | STATX_BLOCKS, &found) == 0 && found.stx_blocks * 512 >= found.stx_size;
  }

  // -1 = there is none.
  bool seek(off_t from, int whence, off_t* to) {
    *to = lseek(fd_, from, whence);
    if (*to < 0 && errno != ENXIO) fail(errno, "lseek");
    return *to >= 0 || errno == ENXIO;
  }

  int fd_;
  int64_t start_, end_, gap_;
  std::vector<int64_t> found_;
};

// (fd, start, end, gap) -> promise of [start, end], or [] where there are no data
Napi::Value findExtent(const Napi::CallbackInfo& info) {
  return Task::start(info.Env(), std::make_unique<FindExtent>(fdArg(info, 0), int64Arg(info, 1), int64Arg(info, 2), int64Arg(info, 3)));
}

}  // namespace

void exportBlockDigests(Napi::Env env, Napi::Object exports) {
  exports.Set("xxh128Blocks", Napi::Function::New(env, xxh128Blocks));
  exports.Set("xxh128File", Napi::Function::New(env, xxh128File));
  exports.Set("findExtent", Napi::Function::New(env, findExtent));
}
