// Whether the threads of a batch wait for their items, so that more threads would help, or compute.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>

class LaneWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // A lane says these on its own thread. `started` is when the item was begun; gives when the next one is.
  void laneStarted();
  Clock::time_point itemDone(Clock::time_point started);
  void laneEnded();

  // Waits until `laneCount` lanes have ended (true), or they were seen to wait, or none gets on (false).
  bool untilEnded(size_t laneCount);

 private:
  void setWaits();

  std::atomic<size_t> done_{0};
  std::atomic<size_t> waited_{0};
  std::atomic<bool> waits_{false};
  // Those of the C++ library need functions of a newer glibc.
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
  size_t ended_ = 0;
};
