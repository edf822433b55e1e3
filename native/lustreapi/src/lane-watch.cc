#include "lane-watch.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

namespace {

using std::chrono::microseconds;

// A system call that is answered from memory takes a few microseconds; one that took longer may have waited, or the thread was not run.
constexpr microseconds kLongItem(50);
constexpr long kStuckMs = 5;
// One in so many must have waited, and more than two. Now and then a thread waits for another of this process, such as for its memory map.
constexpr size_t kAmong = 16;

// Whether the thread has given up its processor of itself since the last time that it was asked.
bool hasWaited() {
  static thread_local long before = 0;
  struct rusage used;
  if (getrusage(RUSAGE_THREAD, &used) != 0) return true;
  const bool waited = used.ru_nvcsw != before;
  before = used.ru_nvcsw;
  return waited;
}

class Lock {
 public:
  explicit Lock(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~Lock() { pthread_mutex_unlock(&mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

// By the clock of the day, which only decides when to look again.
timespec afterNow(long milliseconds) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += milliseconds * 1000000;
  time.tv_sec += time.tv_nsec / 1000000000;
  time.tv_nsec %= 1000000000;
  return time;
}

}  // namespace

void LaneWatch::laneStarted() { hasWaited(); }

LaneWatch::Clock::time_point LaneWatch::itemDone(Clock::time_point started) {
  const size_t done = done_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (waits_) return started;
  const auto now = Clock::now();
  if (now - started > kLongItem && hasWaited()) {
    const size_t waited = waited_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (waited > 2 && waited * kAmong > done) setWaits();
  }
  return now;
}

void LaneWatch::setWaits() {
  const Lock lock(mutex_);
  waits_ = true;
  pthread_cond_broadcast(&changed_);
}

void LaneWatch::laneEnded() {
  const Lock lock(mutex_);
  ended_++;
  pthread_cond_broadcast(&changed_);
}

bool LaneWatch::untilEnded(size_t laneCount) {
  const Lock lock(mutex_);
  size_t before = 0;
  while (ended_ < laneCount && !waits_) {
    const timespec until = afterNow(kStuckMs);
    if (pthread_cond_timedwait(&changed_, &mutex_, &until) != ETIMEDOUT) continue;
    if (done_ == before) return false;
    before = done_;
  }
  return ended_ >= laneCount;
}
