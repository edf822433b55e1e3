// Many independent items, worked on by a batch's own threads. A Lustre lookup is a round trip to a server: what counts is how many are under way.
// Where they are answered from memory, more threads than processors would only keep everybody else waiting: the others start when one waits.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "beneath.h"
#include "lane-watch.h"
#include "path-list.h"
#include "task.h"

// What one thread of a batch has for itself.
struct Lane {
  Lane(size_t laneIndex, int rootFd, int toRootFd) : index(laneIndex), from(rootFd), to(toRootFd) {}
  size_t index;
  Resolver from;
  Resolver to;
  Strings found;
  std::vector<char> scratch;
};

// What a thread takes at once.
struct Pieces {
  // The items in the order in which they are taken; piece i ends before item ends[i] of it.
  std::vector<uint32_t> order;
  std::vector<uint32_t> ends;
};

class Batch : public Task {
 public:
  // Descriptors of the roots are duplicated: closing them while the batch runs is harmless. -1 = none.
  Batch(Napi::Env env, size_t count, uint32_t inFlight, int rootFd = -1, int toRootFd = -1);

  void run() final;

 protected:
  // Runs before the first item, off the JavaScript thread. No pieces: some neighbours at a time.
  virtual Pieces planPieces() { return {}; }
  // Works on one item; an item's failure is a value among the results, never the batch's.
  virtual void runItem(size_t index, Lane& lane) = 0;
  // Runs once after the last item, still off the JavaScript thread.
  virtual void joinLanes(const std::vector<const Strings*>&) {}

  int rootFd() const { return rootFd_.get(); }

 private:
  static void* threadMain(void* data);
  void work(Lane& lane);
  Pieces neighbours() const;

  size_t count_;
  uint32_t inFlight_;
  Pieces pieces_;
  Fd rootFd_;
  Fd toRootFd_;
  LaneWatch watch_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> outOfMemory_{false};
};
