// SPDX-License-Identifier: Apache-2.0
// Runs one block at a time: a fiber for each CUDA thread, taken in turn, with the barriers, the warp exchange and the
// pending asynchronous copies of the block. One worker per operating-system thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator.h"
#include "fiber.h"
#include "traffic.h"

namespace cuda_emulator {

constexpr unsigned WARP = 32;
constexpr size_t MAX_THREADS = 1024;
constexpr size_t MAX_SHARED = 227 * 1024;

struct Launch {
  std::string name;
  const Kernel* kernel;
  void** arguments;  // addresses, then the values they point to
  size_t argumentBytes;
  Dim3 grid;
  Dim3 block;
  size_t sharedBytes;
  // The module's own constants, which a kernel may read.
  const char* constantsBegin;
  const char* constantsEnd;
};

class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Returns false when a check found something; the block was then abandoned.
  bool run(const Launch& launch, Dim3 at);

  // What runs on this operating-system thread, null when no block does.
  static Worker* running();

  const Thread* thread() const { return &threads[current]; }
  void blockBarrier(int line);
  char* shared(size_t bytes);
  const char* exchange(const void* mine, size_t bytes, int line);
  void copyAsync(const void* place, void* target, const void* source, size_t bytes, size_t valid);
  void commitCopies();
  void waitCopies(int pending);

  // Checks an access of the current thread; ends the block when it is illegal.
  void access(const void* address, size_t bytes, bool write);
  // The same for one that the code at `place` makes: on a GPU it must be aligned, and has a price.
  void announce(const void* place, const void* address, size_t bytes, bool write);
  // Records a finding of the current thread and ends the block. Does not return.
  [[noreturn]] void fail(int code, const std::string& what);

 private:
  enum class Status : unsigned char { READY, AT_BARRIER, IN_WARP, DONE };

  struct Copy {
    char* target;
    unsigned char bytes[16];
    unsigned size;
    int group;
  };

  struct Warp {
    unsigned arrived;
    int line;
    char slots[2][WARP][WARP_SLOT];
  };

  // Who touched a word of shared memory last, and in which stretch between two barriers.
  struct Touch {
    uint64_t writeEpoch;
    uint64_t readEpoch;
    uint16_t writer;
    uint16_t reader;
  };

  static void fiberMain();
  void yield();
  void exitThread();
  void trackShared(const char* address, size_t bytes, bool write);
  void flushTraffic();

  const Launch* launch = nullptr;
  FiberStacks stacks;
  void* scheduler = nullptr;
  unsigned current = 0;
  unsigned total = 0;
  unsigned waiting = 0;
  unsigned done = 0;
  int barrierLine = 0;
  uint64_t epoch = 0;
  bool failed = false;
  char* sharedMemory;
  std::vector<Thread> threads;
  std::vector<void*> contexts;
  std::vector<Status> statuses;
  std::vector<unsigned char> parities;
  std::vector<int> groups;
  std::vector<std::vector<Copy>> copies;
  std::vector<Warp> warps;
  std::vector<Touch> touches;
  std::vector<WarpTraffic> traffic;
};

}  // namespace cuda_emulator
