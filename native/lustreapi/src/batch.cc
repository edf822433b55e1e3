#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "call-args.h"

namespace {

constexpr size_t kStackBytes = 512 * 1024;
// Neighbours usually share a directory, and a thread that takes a few at once resolves it once.
constexpr size_t kChunkMax = 16;

size_t processorCount() {
  static const size_t count = static_cast<size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return count;
}

Fd duplicate(Napi::Env env, int fd) {
  if (fd < 0) return Fd();
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (copy) return copy;
  throwErrno(env, errno, "dup");
}

// Threads with a small stack that take no signals.
class Threads {
 public:
  Threads() {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, kStackBytes);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~Threads() {
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
    pthread_attr_destroy(&attributes_);
    for (const pthread_t thread : started_) pthread_join(thread, nullptr);
  }
  void reserve(size_t count) { started_.reserve(count); }
  bool start(void* (*main)(void*), void* data) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes_, main, data) != 0) return false;
    started_.push_back(thread);
    return true;
  }

 private:
  pthread_attr_t attributes_;
  sigset_t previous_;
  std::vector<pthread_t> started_;
};

}  // namespace

struct LaneOfBatch {
  Batch* batch;
  Lane lane;
};

Batch::Batch(Napi::Env env, size_t count, uint32_t inFlight, int rootFd, int toRootFd)
    : count_(count),
      inFlight_(inFlight),
      rootFd_(duplicate(env, rootFd)),
      toRootFd_(duplicate(env, toRootFd)) {}

Pieces Batch::neighbours() const {
  const size_t laneCount = std::max<size_t>(1, std::min<size_t>(count_, inFlight_));
  const size_t size = std::clamp<size_t>(count_ / (laneCount * 4), 1, kChunkMax);
  Pieces pieces;
  for (size_t end = size; end < count_ + size; end += size) pieces.ends.push_back(static_cast<uint32_t>(std::min(end, count_)));
  return pieces;
}

void Batch::run() {
  pieces_ = planPieces();
  if (pieces_.ends.empty()) pieces_ = neighbours();
  const size_t laneCount = std::max<size_t>(1, std::min<size_t>(pieces_.ends.size(), inFlight_));
  std::vector<std::unique_ptr<LaneOfBatch>> lanes;
  std::vector<const Strings*> found;
  for (size_t i = 0; i < laneCount; i++) {
    lanes.push_back(std::unique_ptr<LaneOfBatch>(new LaneOfBatch{this, Lane(i, rootFd_.get(), toRootFd_.get())}));
    found.push_back(&lanes.back()->lane.found);
  }
  {
    Threads threads;
    threads.reserve(laneCount);
    size_t started = 1;
    const auto start = [&](size_t end) {
      while (started < end && threads.start(threadMain, lanes[started].get())) started++;
    };
    // The first lane is this thread: a batch advances even where no thread can be started. It watches the others before it becomes one.
    const size_t first = processorCount() + 1;
    start(std::min(laneCount, first));
    if (laneCount <= first || started < first || !watch_.untilEnded(started - 1)) {
      start(laneCount);
      threadMain(lanes[0].get());
    }
  }
  if (outOfMemory_) return fail(ENOMEM, "malloc");
  joinLanes(found);
}

void* Batch::threadMain(void* data) {
  auto& own = *static_cast<LaneOfBatch*>(data);
  try {
    own.batch->work(own.lane);
  } catch (const std::bad_alloc&) {
    own.batch->outOfMemory_ = true;
  }
  own.batch->watch_.laneEnded();
  return nullptr;
}

void Batch::work(Lane& lane) {
  watch_.laneStarted();
  while (!outOfMemory_) {
    const size_t piece = next_.fetch_add(1);
    if (piece >= pieces_.ends.size()) return;
    auto started = LaneWatch::Clock::now();
    for (size_t at = piece == 0 ? 0 : pieces_.ends[piece - 1]; at < pieces_.ends[piece]; at++) {
      runItem(pieces_.order.empty() ? at : pieces_.order[at], lane);
      started = watch_.itemDone(started);
    }
  }
}
