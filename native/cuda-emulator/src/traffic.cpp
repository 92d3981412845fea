// SPDX-License-Identifier: Apache-2.0
#include "traffic.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "driver.h"

namespace cuda_emulator {

namespace {

constexpr size_t BANKS = 32;
constexpr size_t WORD = 4;
constexpr size_t SECTOR = 32;

std::atomic<bool> on{false};
std::mutex lock;
std::array<Traffic, KINDS> counts;

}  // namespace

bool counting() { return on.load(std::memory_order_relaxed); }

void WarpTraffic::note(const void* place, TrafficKind kind, unsigned lane, const void* address, size_t bytes) {
  uint64_t key = (reinterpret_cast<uintptr_t>(place) << 16) * KINDS + kind;
  unsigned time = places[key].times[lane]++;
  Request& request = requests[key + (uint64_t(time) << 3) * 0x9e3779b97f4a7c15];
  request.kind = kind;
  request.bytes = bytes;
  request.addresses[lane] = reinterpret_cast<uintptr_t>(address);
}

// Words of 4 bytes are served for a whole warp at a time, 8 bytes for half of it, 16 for a quarter; each pass reaches
// one word of every bank.
Traffic WarpTraffic::passes(const Request& request) {
  Traffic traffic = {1, 0, 0};
  unsigned lanes = LANES / static_cast<unsigned>(std::max<size_t>(1, request.bytes / WORD));
  for (unsigned first = 0; first < LANES; first += lanes) {
    std::array<std::set<uintptr_t>, BANKS> words;
    for (unsigned lane = first; lane < first + lanes; lane++) {
      uintptr_t address = request.addresses[lane];
      for (size_t at = 0; address != 0 && at < request.bytes; at += WORD) {
        uintptr_t word = (address + at) / WORD;
        words[word % BANKS].insert(word);
      }
    }
    size_t most = 0;
    for (const auto& bank : words) {
      most = std::max(most, bank.size());
    }
    traffic.units += most;
    traffic.least += most > 0;
  }
  return traffic;
}

Traffic WarpTraffic::sectors(const Request& request) {
  std::set<uintptr_t> touched, bytes;
  for (uintptr_t address : request.addresses) {
    for (size_t at = 0; address != 0 && at < request.bytes; at++) {
      touched.insert((address + at) / SECTOR);
      bytes.insert(address + at);
    }
  }
  return {1, touched.size(), (bytes.size() + SECTOR - 1) / SECTOR};
}

void WarpTraffic::flush() {
  std::array<Traffic, KINDS> sums = {};
  for (const auto& [key, request] : requests) {
    Traffic one = request.kind <= SHARED_COPIES ? passes(request) : sectors(request);
    sums[request.kind].requests += one.requests;
    sums[request.kind].units += one.units;
    sums[request.kind].least += one.least;
  }
  requests.clear();
  places.clear();
  std::lock_guard<std::mutex> hold(lock);
  for (size_t kind = 0; kind < KINDS; kind++) {
    counts[kind].requests += sums[kind].requests;
    counts[kind].units += sums[kind].units;
    counts[kind].least += sums[kind].least;
  }
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

// For tests: begins to count, or ends; either way hands over what was counted, three numbers for each kind.
EXPORT void cudaEmulatorCount(uint64_t* into, int begin) {
  std::lock_guard<std::mutex> hold(lock);
  for (const Traffic& kind : counts) {
    *into++ = kind.requests;
    *into++ = kind.units;
    *into++ = kind.least;
  }
  counts = {};
  on = begin != 0;
}
