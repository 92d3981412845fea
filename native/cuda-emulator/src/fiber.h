// SPDX-License-Identifier: Apache-2.0
// Fibers: one stack per CUDA thread and a switch that costs a few nanoseconds. ucontext would do, but its swapcontext
// makes a system call to save the signal mask each time.
#pragma once

#include <cstddef>

namespace cuda_emulator {

class FiberStacks {
 public:
  static constexpr size_t STACK_BYTES = 128 * 1024;

  FiberStacks() = default;
  ~FiberStacks();
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;

  // Makes room for `count` fibers; the pages are committed when touched.
  void reserve(size_t count);

  // Returns a stack pointer which, switched to, calls `entry` on fiber `index`'s fresh stack. `entry` never returns.
  void* prepare(size_t index, void (*entry)());

  // Returns whether an address lies on one of the stacks.
  bool contains(const char* address) const { return address >= memory && address < memory + count * STACK_BYTES; }

 private:
  char* memory = nullptr;
  size_t count = 0;
};

// Saves the running context's stack pointer in `*from` and continues at `to`.
extern "C" void cudaEmulatorSwitch(void** from, void* to);

}  // namespace cuda_emulator
