// SPDX-License-Identifier: Apache-2.0
// The memory kernels see: one arena for all devices' global memory and all workers' shared memory, with one state byte
// per byte. Allocations stand apart by red zones; freed memory is not addressable until it is handed out again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace cuda_emulator {

enum State : unsigned char { ADDRESSABLE = 1, INITIALISED = 2 };

class Arena {
 public:
  static constexpr size_t ALIGNMENT = 512;
  static constexpr size_t RED_ZONE = 512;

  Arena(size_t globalBytes, size_t sharedBytes);

  // Takes global memory from the first gap that is large enough; null when there is none.
  void* allocate(size_t bytes);
  // Returns the size of the allocation that begins at `address` and takes it back, or 0 when none does.
  size_t release(void* address);
  // Returns whether [address, address + bytes) lies within one allocation.
  bool covers(const void* address, size_t bytes) const;

  // Takes shared memory for good: one piece for each worker.
  char* reserveShared(size_t bytes);

  bool contains(const void* address) const { return offset(address) < size; }
  bool isShared(const void* address) const { return offset(address) - globalSize < size - globalSize; }
  unsigned char* state(const void* address) const { return states + offset(address); }
  size_t sharedOffset(const void* address) const { return offset(address) - globalSize; }
  size_t sharedCapacity() const { return size - globalSize; }

  // Where an address lies, in words.
  std::string describe(const void* address) const;

 private:
  size_t offset(const void* address) const { return static_cast<size_t>(static_cast<const char*>(address) - base); }

  char* base;
  unsigned char* states;
  size_t globalSize;
  size_t size;
  size_t sharedUsed = 0;
  mutable std::mutex lock;
  std::map<char*, size_t> live;
};

// The process's arena, made on first use.
Arena& arena();

}  // namespace cuda_emulator
