// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

namespace cuda_emulator {

namespace {

constexpr size_t GIB = size_t(1) << 30;
constexpr size_t GLOBAL_BYTES = 16 * GIB;
constexpr size_t SHARED_BYTES = 64 << 20;

void* pages(size_t bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    throw std::bad_alloc();
  }
  return mapped;
}

size_t roundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Arena::Arena(size_t globalBytes, size_t sharedBytes)
    : base(static_cast<char*>(pages(globalBytes + sharedBytes))),
      states(static_cast<unsigned char*>(pages(globalBytes + sharedBytes))),
      globalSize(globalBytes),
      size(globalBytes + sharedBytes) {}

void* Arena::allocate(size_t bytes) {
  std::lock_guard<std::mutex> hold(lock);
  char* gap = base + RED_ZONE;
  for (const auto& [start, length] : live) {
    if (gap + bytes + RED_ZONE <= start) {
      break;
    }
    gap = base + roundUp(static_cast<size_t>(start + length + RED_ZONE - base), ALIGNMENT);
  }
  if (gap + bytes + RED_ZONE > base + globalSize) {
    return nullptr;
  }
  live[gap] = bytes;
  memset(state(gap), ADDRESSABLE, bytes);
  return gap;
}

size_t Arena::release(void* address) {
  std::lock_guard<std::mutex> hold(lock);
  auto found = live.find(static_cast<char*>(address));
  if (found == live.end()) {
    return 0;
  }
  size_t bytes = found->second;
  memset(state(address), 0, bytes);
  live.erase(found);
  return bytes;
}

bool Arena::covers(const void* address, size_t bytes) const {
  std::lock_guard<std::mutex> hold(lock);
  auto* at = static_cast<char*>(const_cast<void*>(address));
  auto next = live.upper_bound(at);
  if (next == live.begin()) {
    return false;
  }
  auto holder = std::prev(next);
  return at + bytes <= holder->first + holder->second;
}

char* Arena::reserveShared(size_t bytes) {
  std::lock_guard<std::mutex> hold(lock);
  size_t start = roundUp(sharedUsed, ALIGNMENT) + RED_ZONE;
  if (start + bytes + RED_ZONE > sharedCapacity()) {
    throw std::bad_alloc();
  }
  sharedUsed = start + bytes;
  return base + globalSize + start;
}

std::string Arena::describe(const void* address) const {
  if (!contains(address)) {
    return "outside of the device's memory";
  }
  if (isShared(address)) {
    return "in shared memory";
  }
  std::lock_guard<std::mutex> hold(lock);
  auto* at = static_cast<char*>(const_cast<void*>(address));
  auto next = live.upper_bound(at);
  if (next == live.begin()) {
    return "before the first allocation";
  }
  auto holder = std::prev(next);
  return "at byte " + std::to_string(at - holder->first) + " of an allocation of " + std::to_string(holder->second) +
         " bytes";
}

Arena& arena() {
  // Never destroyed: kernels of other threads may run while the process exits.
  static Arena* instance = new Arena(GLOBAL_BYTES, SHARED_BYTES);
  return *instance;
}

}  // namespace cuda_emulator
