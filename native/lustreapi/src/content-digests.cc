// Digests of the content of many files beneath a root, by threads that cost nothing to start.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "batch.h"
#include "call-args.h"
#include "calls.h"
#include "js-values.h"
#include "open-entry.h"
#include "xxh128.h"

namespace {

// So much is read and then hashed at once: it stays in the cache of the processor.
constexpr size_t READ_BYTES = 256 * 1024;
static_assert(READ_BYTES % Xxh128Stream::PIECE_BYTES == 0);
// Smaller parts are read, whether or not they have holes: looking for these costs more.
constexpr int64_t HOLES_FROM_BYTES = 16 * 1024 * 1024;

// What is asked of one item: the part of a file that should have `size` bytes.
struct Part {
  int64_t size, start, end;
};

// The data of one file that was found last, from the beginning of a part on.
class Extents {
 public:
  Extents(int fd, const Part& part) : fd_(fd), end_(part.end), dataStart_(part.start), dataEnd_(part.start) {}

  // Whether there are no data from `from` to `to`; parts are asked for in their order. False with an errno where it cannot be known.
  bool isHole(int64_t from, int64_t to, int& error) {
    if (dataEnd_ <= from && dataStart_ < end_) {
      dataStart_ = seek(from, SEEK_DATA, error);
      dataEnd_ = dataStart_ < end_ ? seek(dataStart_, SEEK_HOLE, error) : end_;
    }
    return error == 0 && dataStart_ >= to;
  }

 private:
  int64_t seek(int64_t from, int whence, int& error) {
    const off_t found = lseek(fd_, from, whence);
    if (found >= 0) return found;
    if (errno != ENXIO) error = errno;
    return end_;
  }

  int fd_;
  int64_t end_, dataStart_, dataEnd_;
};

class ContentDigests : public Batch {
 public:
  ContentDigests(Napi::Env env, int root, PathList paths, std::vector<Part> parts, size_t blockBytes, uint32_t inFlight)
      : Batch(env, paths.size(), inFlight, root),
        paths_(std::move(paths)),
        parts_(std::move(parts)),
        blockBytes_(blockBytes),
        error_(paths_.size()),
        size_(paths_.size(), -1),
        bytes_(paths_.size()),
        digests_(paths_.size() * XXH128_BYTES) {}

  // Blocks that are not begun are left out when this number, which other threads change, is not 0.
  void stopAt(const int32_t* flag, Napi::Value keptAlive) {
    flag_ = flag;
    flagKept_ = Napi::Persistent(keptAlive.As<Napi::Object>());
  }

 protected:
  void runItem(size_t index, Lane& lane) override { error_[index] = digest(index, lane); }

  napi_value result(napi_env env) override {
    return ObjectBuilder(env)
        .set("errno", makeArray(env, error_))
        .set("size", makeArray(env, size_))
        .set("bytes", makeArray(env, bytes_))
        .set("digests", makeArray(env, digests_))
        .get();
  }

 private:
  bool isStopped() const { return flag_ && __atomic_load_n(flag_, __ATOMIC_RELAXED) != 0; }

  int digest(size_t index, Lane& lane) {
    Place place;
    Fd fd;
    struct statx found;
    if (isStopped()) return ECANCELED;
    if (const int error = lane.from.locate(paths_.at(index), place)) return error;
    if (const int error = openFileOrDirectory(place, O_RDONLY | O_NOATIME, 0, fd)) return error;
    if (statx(fd.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &found) != 0) return errno;
    if (S_ISDIR(found.stx_mode)) return EISDIR;
    size_[index] = static_cast<int64_t>(found.stx_size);
    return size_[index] == parts_[index].size ? digestPart(fd.get(), index, lane) : 0;
  }

  // The digest of one block is its own, that of several the digest of all of theirs.
  int digestPart(int fd, size_t index, Lane& lane) {
    const Part& part = parts_[index];
    const size_t count = std::max<size_t>(1, (static_cast<size_t>(part.end - part.start) + blockBytes_ - 1) / blockBytes_);
    std::vector<uint8_t> digests(count * XXH128_BYTES);
    const bool findsHoles = part.end - part.start >= HOLES_FROM_BYTES;
    Extents extents(fd, part);
    lane.scratch.resize(READ_BYTES);
    for (size_t block = 0; block < count; ++block) {
      const int64_t from = part.start + static_cast<int64_t>(block * blockBytes_);
      const size_t length = std::min(blockBytes_, static_cast<size_t>(part.end - from));
      int error = isStopped() ? ECANCELED : 0;
      const bool isHole = error == 0 && findsHoles && extents.isHole(from, from + static_cast<int64_t>(length), error);
      if (error != 0) return error;
      uint8_t* const to = &digests[block * XXH128_BYTES];
      const size_t done = isHole ? digestZeros(length, to, lane) : digestBlock(fd, from, length, to, lane, error);
      bytes_[index] += static_cast<int64_t>(done);
      if (error != 0 || done < length) return error;
    }
    uint8_t* const to = &digests_[index * XXH128_BYTES];
    if (count == 1) std::copy(digests.begin(), digests.end(), to);
    else xxh128(digests.data(), digests.size(), to);
    return 0;
  }

  // How many bytes there were; fewer than `length` where the file ends before.
  static size_t digestBlock(int fd, int64_t from, size_t length, uint8_t* digest, Lane& lane, int& error) {
    auto* const piece = reinterpret_cast<uint8_t*>(lane.scratch.data());
    Xxh128Stream stream(length);
    size_t done = 0;
    do {
      const size_t wanted = std::min(READ_BYTES, length - done);
      const size_t read = readAll(fd, piece, wanted, from + static_cast<int64_t>(done), error);
      done += read;
      if (error != 0 || read < wanted) return done;
      if (length < Xxh128Stream::LENGTH_MIN) xxh128(piece, length, digest);
      else stream.add(piece, read);
    } while (done < length);
    if (length >= Xxh128Stream::LENGTH_MIN) stream.finish(digest);
    return done;
  }

  static size_t readAll(int fd, uint8_t* to, size_t wanted, int64_t from, int& error) {
    size_t at = 0;
    while (at < wanted) {
      const ssize_t count = pread(fd, to + at, wanted - at, from + static_cast<int64_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) error = errno;
      if (count <= 0) break;
      at += static_cast<size_t>(count);
    }
    return at;
  }

  // Most holes are of the same length: that of a whole block.
  size_t digestZeros(size_t length, uint8_t* digest, Lane& lane) {
    const std::lock_guard<std::mutex> guard(zerosLock_);
    if (zerosLength_ != length) {
      lane.scratch.assign(READ_BYTES, 0);
      const auto* const piece = reinterpret_cast<const uint8_t*>(lane.scratch.data());
      if (length < Xxh128Stream::LENGTH_MIN) {
        xxh128(piece, length, zeros_);
      } else {
        Xxh128Stream stream(length);
        for (size_t done = 0; done < length; done += READ_BYTES) stream.add(piece, std::min(READ_BYTES, length - done));
        stream.finish(zeros_);
      }
      zerosLength_ = length;
    }
    std::copy(zeros_, zeros_ + XXH128_BYTES, digest);
    return length;
  }

  PathList paths_;
  std::vector<Part> parts_;
  size_t blockBytes_;
  std::vector<int32_t> error_;
  std::vector<int64_t> size_, bytes_;
  std::vector<uint8_t> digests_;
  const int32_t* flag_ = nullptr;
  Napi::ObjectReference flagKept_;
  std::mutex zerosLock_;
  size_t zerosLength_ = 0;
  uint8_t zeros_[XXH128_BYTES];
};

template <typename T>
const T* columnArg(const Napi::CallbackInfo& info, size_t index, napi_typedarray_type wanted, size_t least) {
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (!info[index].IsTypedArray() || napi_get_typedarray_info(info.Env(), info[index], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != wanted || length < least) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " is not the column that it should be");
  }
  return static_cast<const T*>(data);
}

// (root, bytes, ends, sizes, starts, ends of the parts, block size, stop flag, inFlight) -> promise of columns
Napi::Value contentDigests(const Napi::CallbackInfo& info) {
  PathList paths = pathListArg(info, 1);
  const size_t count = paths.size();
  const auto* sizes = columnArg<int64_t>(info, 3, napi_bigint64_array, count);
  const auto* starts = columnArg<int64_t>(info, 4, napi_bigint64_array, count);
  const auto* ends = columnArg<int64_t>(info, 5, napi_bigint64_array, count);
  const size_t blockBytes = uintArg(info, 6);
  if (blockBytes < Xxh128Stream::LENGTH_MIN) throw Napi::RangeError::New(info.Env(), "the blocks are too short");
  std::vector<Part> parts;
  parts.reserve(count);
  for (size_t index = 0; index < count; ++index) {
    if (starts[index] < 0 || ends[index] < starts[index]) throw Napi::RangeError::New(info.Env(), "a part ends before it begins");
    parts.push_back({sizes[index], starts[index], ends[index]});
  }
  auto task = std::make_unique<ContentDigests>(info.Env(), fdArg(info, 0), std::move(paths), std::move(parts), blockBytes, uintArg(info, 8));
  task->stopAt(columnArg<int32_t>(info, 7, napi_int32_array, 1), info[7]);
  return Task::start(info.Env(), std::move(task));
}

}  // namespace

void exportContentDigests(Napi::Env env, Napi::Object exports) {
  exports.Set("contentDigests", Napi::Function::New(env, contentDigests));
}
