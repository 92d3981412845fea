// SPDX-License-Identifier: Apache-2.0
// What a kernel's accesses would cost a GPU: passes over the banks of shared memory, and sectors of global memory. The
// lanes of a warp run one after the other here; what they do at one place in the code for the n-th time since the last
// barrier is one instruction of the warp there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace cuda_emulator {

enum TrafficKind { SHARED_LOADS, SHARED_STORES, SHARED_COPIES, GLOBAL_LOADS, GLOBAL_STORES, GLOBAL_COPIES, KINDS };

struct Traffic {
  uint64_t requests;
  uint64_t units;  // passes, or sectors of 32 bytes
  uint64_t least;  // of them, had the lanes' addresses lain as well as possible
};

// Whether anybody counts.
bool counting();

// One warp's instructions between two barriers.
class WarpTraffic {
 public:
  void note(const void* place, TrafficKind kind, unsigned lane, const void* address, size_t bytes);
  // Adds what was noted to the counts of all.
  void flush();

 private:
  static constexpr unsigned LANES = 32;

  struct Request {
    TrafficKind kind;
    size_t bytes;
    std::array<uintptr_t, LANES> addresses;  // 0: not this lane
  };
  struct Place {
    std::array<unsigned, LANES> times;
  };

  static Traffic passes(const Request& request);
  static Traffic sectors(const Request& request);

  std::unordered_map<uint64_t, Place> places;
  std::unordered_map<uint64_t, Request> requests;
};

}  // namespace cuda_emulator
