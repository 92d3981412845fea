// SPDX-License-Identifier: Apache-2.0
// What a kernel compiled for the host needs of CUDA C++: put in front of every .cu file by `build`. Everything that
// touches the machine beyond plain C++ goes through the functions at the end, which libcuda.so.1 provides.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#define CUDA_EMULATOR 1
#ifndef __CUDA_ARCH__
#define __CUDA_ARCH__ 800
#endif

#define __global__
#define __device__
#define __host__
#define __constant__ const
#define __forceinline__ inline
#define __restrict__
#define __align__(bytes) alignas(bytes)
#define __launch_bounds__(...)
#define __grid_constant__

namespace cuda_emulator {

struct Dim3 {
  unsigned x, y, z;
};

// The thread that runs now. One per fiber; the pointer is the running worker's.
struct Thread {
  Dim3 index;
  Dim3 block;
  Dim3 blockExtent;
  Dim3 gridExtent;
};

extern "C" {
const Thread* cudaEmulatorThread();
void cudaEmulatorBlockBarrier(int line);
void* cudaEmulatorSharedMemory(size_t bytes);
// Leaves `bytes` at `mine` for the 31 other lanes and returns what all 32 left, lane by lane, 64 bytes apart.
const char* cudaEmulatorWarpExchange(const void* mine, size_t bytes, int line);
void cudaEmulatorCopyAsync(void* shared, const void* global, size_t bytes, size_t valid);
void cudaEmulatorCommitCopies();
void cudaEmulatorWaitCopies(int pending);
void cudaEmulatorCheckAlignment(const void* address, size_t alignment);
}

constexpr size_t WARP_SLOT = 64;

// What a module exports for each entry: how to call it with the driver's array of argument addresses.
struct Kernel {
  void (*invoke)(void** arguments);
  const size_t* argumentSizes;
  size_t arguments;
};

template <typename F>
struct Signature;

template <typename... A>
struct Signature<void (*)(A...)> {
  static constexpr size_t sizes[] = {sizeof(A)...};
  static constexpr size_t count = sizeof...(A);

  template <void (*entry)(A...), size_t... I>
  static void call(void** arguments, std::index_sequence<I...>) {
    entry(*static_cast<std::remove_cv_t<A>*>(arguments[I])...);
  }

  template <void (*entry)(A...)>
  static void invoke(void** arguments) {
    call<entry>(arguments, std::index_sequence_for<A...>());
  }
};

}  // namespace cuda_emulator

#define CUDA_EMULATOR_EXPORT(entry)                                                                                  \
  extern "C" const cuda_emulator::Kernel emulated_##entry = {                                                        \
      cuda_emulator::Signature<decltype(&entry)>::invoke<&entry>, cuda_emulator::Signature<decltype(&entry)>::sizes, \
      cuda_emulator::Signature<decltype(&entry)>::count};

#define threadIdx (cuda_emulator::cudaEmulatorThread()->index)
#define blockIdx (cuda_emulator::cudaEmulatorThread()->block)
#define blockDim (cuda_emulator::cudaEmulatorThread()->blockExtent)
#define gridDim (cuda_emulator::cudaEmulatorThread()->gridExtent)

// A barrier is known by its source line: the compiler may duplicate the call, the source is one.
#define __syncthreads() cuda_emulator::cudaEmulatorBlockBarrier(__LINE__)

struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

template <typename T>
inline T min(T a, T b) {
  return b < a ? b : a;
}
template <typename T>
inline T max(T a, T b) {
  return a < b ? b : a;
}

inline float __int_as_float(int bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
inline int __float_as_int(float value) {
  int bits;
  memcpy(&bits, &value, 4);
  return bits;
}
inline float __uint_as_float(unsigned bits) { return __int_as_float(static_cast<int>(bits)); }
inline unsigned __float_as_uint(float value) { return static_cast<unsigned>(__float_as_int(value)); }

inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(uint64_t(a) * b >> 32); }

// Four products of signed bytes, added to c.
inline int __dp4a(int a, int b, int c) {
  for (int shift = 0; shift < 32; shift += 8) {
    c += static_cast<signed char>(a >> shift) * static_cast<signed char>(b >> shift);
  }
  return c;
}
