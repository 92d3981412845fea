// SPDX-License-Identifier: Apache-2.0
#include "worker.h"

#include <cstdlib>
#include <cstring>

#include "findings.h"
#include "memory.h"

namespace cuda_emulator {

namespace {

thread_local Worker* activeWorker = nullptr;

constexpr uint16_t SEVERAL = 0xffff;

}  // namespace

Worker::Worker()
    : sharedMemory(arena().reserveShared(MAX_SHARED)),
      threads(MAX_THREADS),
      contexts(MAX_THREADS),
      statuses(MAX_THREADS),
      parities(MAX_THREADS),
      groups(MAX_THREADS),
      copies(MAX_THREADS),
      warps(MAX_THREADS / WARP),
      touches(MAX_SHARED / 4),
      traffic(MAX_THREADS / WARP) {
  stacks.reserve(MAX_THREADS);
}

Worker::~Worker() = default;

Worker* Worker::running() { return activeWorker; }

bool Worker::run(const Launch& what, Dim3 at) {
  launch = &what;
  total = what.block.x * what.block.y * what.block.z;
  waiting = done = 0;
  failed = false;
  epoch++;
  memset(arena().state(sharedMemory), ADDRESSABLE, what.sharedBytes);
  for (unsigned i = 0; i < total; i++) {
    threads[i] = {{i % what.block.x, i / what.block.x % what.block.y, i / what.block.x / what.block.y},
                  at,
                  what.block,
                  what.grid};
    contexts[i] = stacks.prepare(i, fiberMain);
    statuses[i] = Status::READY;
    parities[i] = 0;
    groups[i] = 0;
    copies[i].clear();
  }
  for (unsigned w = 0; w < (total + WARP - 1) / WARP; w++) {
    warps[w].arrived = 0;
  }
  Worker* outer = activeWorker;
  activeWorker = this;
  current = 0;
  cudaEmulatorSwitch(&scheduler, contexts[0]);
  activeWorker = outer;
  flushTraffic();
  memset(arena().state(sharedMemory), 0, what.sharedBytes);
  return !failed;
}

void Worker::fiberMain() {
  Worker* self = activeWorker;
  self->launch->kernel->invoke(self->launch->arguments);
  self->exitThread();
}

// Continues with the next thread that can run, in turn, so that every thread makes progress between barriers.
void Worker::yield() {
  unsigned self = current;
  for (unsigned step = 1; step <= total; step++) {
    unsigned next = self + step < total ? self + step : self + step - total;
    if (statuses[next] == Status::READY) {
      current = next;
      if (next != self) {
        cudaEmulatorSwitch(&contexts[self], contexts[next]);
      }
      return;
    }
  }
  fail(LAUNCH_FAILED, "divergence: " + std::to_string(waiting) + " of " + std::to_string(total) +
                          " threads wait at the barrier in line " + std::to_string(barrierLine) + ", " +
                          std::to_string(done) + " have returned, the others wait for their warp");
}

void Worker::exitThread() {
  if (!copies[current].empty()) {
    fail(LAUNCH_FAILED, "a thread returned with asynchronous copies it never waited for");
  }
  statuses[current] = Status::DONE;
  if (++done == total) {
    void* abandoned;
    cudaEmulatorSwitch(&abandoned, scheduler);
  }
  yield();
  abort();  // nobody switches back to a thread that is done
}

void Worker::blockBarrier(int line) {
  if (waiting == 0) {
    barrierLine = line;
  } else if (line != barrierLine) {
    fail(LAUNCH_FAILED, "divergent barrier: some threads wait in line " + std::to_string(barrierLine) +
                            ", this one came to line " + std::to_string(line));
  }
  statuses[current] = Status::AT_BARRIER;
  if (++waiting == total) {
    waiting = 0;
    epoch++;
    for (unsigned i = 0; i < total; i++) {
      statuses[i] = Status::READY;
    }
    flushTraffic();
    return;
  }
  yield();
}

void Worker::flushTraffic() {
  for (unsigned w = 0; counting() && w < (total + WARP - 1) / WARP; w++) {
    traffic[w].flush();
  }
}

char* Worker::shared(size_t bytes) {
  if (bytes > launch->sharedBytes) {
    fail(ILLEGAL_ADDRESS, "needs " + std::to_string(bytes) + " bytes of shared memory, launched with " +
                              std::to_string(launch->sharedBytes));
  }
  return sharedMemory;
}

const char* Worker::exchange(const void* mine, size_t bytes, int line) {
  unsigned warp = current / WARP;
  unsigned lanes = total - warp * WARP;
  if (lanes < WARP) {
    fail(LAUNCH_FAILED, "a warp instruction in a warp of " + std::to_string(lanes) + " threads");
  }
  Warp& group = warps[warp];
  if (group.arrived == 0) {
    group.line = line;
  } else if (group.line != line) {
    fail(LAUNCH_FAILED, "divergent warp: lanes are at the instructions of lines " + std::to_string(group.line) +
                            " and " + std::to_string(line));
  }
  // Two sets of slots, in turn: a lane can be at most one exchange ahead of the others.
  unsigned parity = parities[current] ^= 1;
  memcpy(group.slots[parity][current % WARP], mine, bytes);
  if (++group.arrived == WARP) {
    group.arrived = 0;
    for (unsigned lane = warp * WARP; lane < (warp + 1) * WARP; lane++) {
      statuses[lane] = Status::READY;
    }
  } else {
    statuses[current] = Status::IN_WARP;
    yield();
  }
  return group.slots[parity][0];
}

// The copy is read now and written when it is waited for: a kernel that does not wait sees what was there before.
void Worker::copyAsync(const void* place, void* target, const void* source, size_t bytes, size_t valid) {
  if (reinterpret_cast<uintptr_t>(target) % bytes != 0 || reinterpret_cast<uintptr_t>(source) % bytes != 0) {
    fail(MISALIGNED_ADDRESS, "asynchronous copy of " + std::to_string(bytes) + " bytes is not aligned");
  }
  Copy copy = {static_cast<char*>(target), {}, static_cast<unsigned>(bytes), groups[current]};
  if (valid > 0) {
    access(source, valid, false);
    memcpy(copy.bytes, source, valid);
  }
  if (counting()) {
    traffic[current / WARP].note(place, SHARED_COPIES, current % WARP, target, bytes);
    if (valid > 0) {
      traffic[current / WARP].note(place, GLOBAL_COPIES, current % WARP, source, valid);
    }
  }
  copies[current].push_back(copy);
}

void Worker::commitCopies() { groups[current]++; }

void Worker::waitCopies(int pending) {
  std::vector<Copy>& queue = copies[current];
  size_t landed = 0;
  while (landed < queue.size() && queue[landed].group < groups[current] - pending) {
    const Copy& copy = queue[landed++];
    access(copy.target, copy.size, true);
    memcpy(copy.target, copy.bytes, copy.size);
  }
  queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(landed));
}

void Worker::access(const void* address, size_t bytes, bool write) {
  Arena& memory = arena();
  if (!memory.contains(address)) {
    auto* at = static_cast<const char*>(address);
    auto within = [at](const void* begin, size_t length) {
      return static_cast<size_t>(at - static_cast<const char*>(begin)) < length;
    };
    bool own = stacks.contains(at) || within(launch->arguments, launch->argumentBytes) ||
               within(launch->constantsBegin, static_cast<size_t>(launch->constantsEnd - launch->constantsBegin)) ||
               within(threads.data(), threads.size() * sizeof(Thread)) ||
               within(warps.data(), warps.size() * sizeof(Warp));
    if (!own) {
      fail(ILLEGAL_ADDRESS,
           (write ? "write of " : "read of ") + std::to_string(bytes) + " bytes " + memory.describe(address));
    }
    return;
  }
  unsigned char* state = memory.state(address);
  // Nearly every access is to memory that was written before: eight bytes at a look.
  size_t fine = 0;
  for (uint64_t eight; fine + 8 <= bytes; fine += 8) {
    memcpy(&eight, state + fine, 8);
    if (eight != 0x0303030303030303) {
      break;
    }
  }
  for (size_t i = fine; i < bytes; i++) {
    if (state[i] != (ADDRESSABLE | INITIALISED)) {
      if ((state[i] & ADDRESSABLE) == 0) {
        fail(ILLEGAL_ADDRESS, (write ? "out-of-bounds write of " : "out-of-bounds read of ") + std::to_string(bytes) +
                                  " bytes " + memory.describe(address));
      } else if (!write) {
        fail(LAUNCH_FAILED, "read of " + std::to_string(bytes) + " uninitialised bytes " + memory.describe(address));
      }
      state[i] = ADDRESSABLE | INITIALISED;
    }
  }
  if (memory.isShared(address)) {
    trackShared(static_cast<const char*>(address), bytes, write);
  }
}

void Worker::announce(const void* place, const void* address, size_t bytes, bool write) {
  access(address, bytes, write);
  if (!arena().contains(address)) {
    return;
  }
  if (bytes <= 16 && reinterpret_cast<uintptr_t>(address) % bytes != 0) {
    fail(MISALIGNED_ADDRESS, "access of " + std::to_string(bytes) + " bytes is not aligned");
  }
  if (counting()) {
    TrafficKind loads = arena().isShared(address) ? SHARED_LOADS : GLOBAL_LOADS;
    traffic[current / WARP].note(place, write ? TrafficKind(loads + 1) : loads, current % WARP, address, bytes);
  }
}

// Two threads that touch one word between the same two barriers, one of them writing, are a race.
void Worker::trackShared(const char* address, size_t bytes, bool write) {
  size_t first = static_cast<size_t>(address - sharedMemory) / 4;
  size_t last = static_cast<size_t>(address - sharedMemory + static_cast<std::ptrdiff_t>(bytes) - 1) / 4;
  for (size_t word = first; word <= last; word++) {
    Touch& touch = touches[word];
    bool racesWrite = touch.writeEpoch == epoch && touch.writer != current;
    bool racesRead = write && touch.readEpoch == epoch && touch.reader != current;
    if (racesWrite || racesRead) {
      fail(LAUNCH_FAILED,
           std::string("race: ") + (write ? "write to" : "read of") + " shared word " + std::to_string(word) +
               " that thread " +
               (racesWrite ? std::to_string(touch.writer) + " wrote"
                           : (touch.reader == SEVERAL ? "others" : std::to_string(touch.reader)) + " read") +
               " without a barrier between");
    }
    if (write) {
      touch.writeEpoch = epoch;
      touch.writer = static_cast<uint16_t>(current);
    } else {
      touch.reader = touch.readEpoch == epoch && touch.reader != current ? SEVERAL : static_cast<uint16_t>(current);
      touch.readEpoch = epoch;
    }
  }
}

void Worker::fail(int code, const std::string& what) {
  const Thread& t = threads[current];
  auto triple = [](Dim3 d) {
    return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")";
  };
  findings().add(code, launch->name + ", block " + triple(t.block) + ", thread " + triple(t.index) + ": " + what);
  failed = true;
  void* abandoned;
  cudaEmulatorSwitch(&abandoned, scheduler);
  abort();  // the scheduler never returns to an abandoned block
}

}  // namespace cuda_emulator

using cuda_emulator::Worker;

// What kernels call. They run on a worker only.
extern "C" {

const cuda_emulator::Thread* cudaEmulatorThread() { return Worker::running()->thread(); }

void cudaEmulatorBlockBarrier(int line) { Worker::running()->blockBarrier(line); }

void* cudaEmulatorSharedMemory(size_t bytes) { return Worker::running()->shared(bytes); }

const char* cudaEmulatorWarpExchange(const void* mine, size_t bytes, int line) {
  return Worker::running()->exchange(mine, bytes, line);
}

void cudaEmulatorCopyAsync(void* shared, const void* global, size_t bytes, size_t valid) {
  Worker::running()->copyAsync(__builtin_return_address(0), shared, global, bytes, valid);
}

void cudaEmulatorCommitCopies() { Worker::running()->commitCopies(); }

void cudaEmulatorWaitCopies(int pending) { Worker::running()->waitCopies(pending); }

void cudaEmulatorCheckAlignment(const void* address, size_t alignment) {
  if (reinterpret_cast<uintptr_t>(address) % alignment != 0) {
    Worker::running()->fail(cuda_emulator::MISALIGNED_ADDRESS,
                            "access of " + std::to_string(alignment) + " bytes is not aligned");
  }
}

// The compiler's instrumentation (-fsanitize=kernel-address, every check a call) announces each load and store here.
#define ANNOUNCE(size)                                                         \
  void __asan_load##size##_noabort(const void* at) {                           \
    Worker::running()->announce(__builtin_return_address(0), at, size, false); \
  }                                                                            \
  void __asan_store##size##_noabort(const void* at) {                          \
    Worker::running()->announce(__builtin_return_address(0), at, size, true);  \
  }
ANNOUNCE(1)
ANNOUNCE(2)
ANNOUNCE(4)
ANNOUNCE(8)
ANNOUNCE(16)
void __asan_loadN_noabort(const void* at, size_t size) { Worker::running()->access(at, size, false); }
void __asan_storeN_noabort(const void* at, size_t size) { Worker::running()->access(at, size, true); }
void __asan_handle_no_return() {}
}
