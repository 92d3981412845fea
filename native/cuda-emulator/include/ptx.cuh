// SPDX-License-Identifier: Apache-2.0
// The host's twin of kernels-cu/ptx.cuh: the same functions, done in C++. Lanes meet in cudaEmulatorWarpExchange.
#pragma once

#include "emulator.h"

using namespace cuda_emulator;

#define TENSOR_TF32 1
#define TENSOR_BF16 1

#define SHARED_MEMORY(Type, name) Type& name = *static_cast<Type*>(cudaEmulatorSharedMemory(sizeof(Type)))

struct f16 {
  unsigned short bits;
};

struct bf16 {
  unsigned short bits;
};

inline float toFloat(float value) { return value; }

inline float toFloat(f16 value) {
  unsigned sign = unsigned(value.bits & 0x8000) << 16;
  unsigned exponent = value.bits >> 10 & 31;
  unsigned fraction = value.bits & 0x3ff;
  if (exponent == 31) {
    return __uint_as_float(sign | 0x7f800000 | fraction << 13);
  }
  float magnitude =
      exponent == 0 ? std::ldexp(float(fraction), -24) : std::ldexp(float(fraction | 0x400), int(exponent) - 25);
  return sign != 0 ? -magnitude : magnitude;
}

inline float toFloat(bf16 value) { return __uint_as_float(unsigned(value.bits) << 16); }

inline void fromFloat(float value, float& narrow) { narrow = value; }

inline void fromFloat(float value, f16& narrow) {
  unsigned sign = __float_as_uint(value) >> 16 & 0x8000;
  float magnitude = std::fabs(value);
  if (std::isnan(value)) {
    narrow.bits = 0x7fff;
  } else if (magnitude >= 65520.0f) {
    narrow.bits = static_cast<unsigned short>(sign | 0x7c00);
  } else {
    // In units of the last place of the result, rounded to even by the current mode.
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    int unit = magnitude == 0 || exponent - 11 < -24 ? -24 : exponent - 11;
    auto steps = static_cast<unsigned>(std::nearbyint(std::ldexp(magnitude, -unit)));
    // 1024 steps and more carry into the exponent field by themselves.
    narrow.bits = static_cast<unsigned short>(sign | (steps + (unsigned(unit + 24) << 10)));
  }
}

inline void fromFloat(float value, bf16& narrow) {
  unsigned bits = __float_as_uint(value);
  narrow.bits = std::isnan(value) ? 0x7fff : static_cast<unsigned short>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline unsigned toTf32(unsigned floatBits) {
  bool finite = (floatBits & 0x7f800000) != 0x7f800000;
  return finite ? (floatBits + 0x1000) & 0xffffe000 : floatBits;
}

template <int BYTES>
inline void copyAsync(void* shared, const void* global, bool valid) {
  cudaEmulatorCopyAsync(shared, global, BYTES, valid ? BYTES : 0);
}

inline void commitCopies() { cudaEmulatorCommitCopies(); }

template <int PENDING>
inline void waitCopies() {
  cudaEmulatorWaitCopies(PENDING);
}

inline unsigned lane() { return threadIdx.x % 32; }

inline void loadMatrices(unsigned (&words)[4], const void* row, int line = __builtin_LINE()) {
  cudaEmulatorCheckAlignment(row, 16);
  const char* rows = cudaEmulatorWarpExchange(&row, sizeof row, line);
  for (unsigned matrix = 0; matrix < 4; matrix++) {
    const unsigned* from;
    memcpy(&from, rows + (matrix * 8 + lane() / 4) * WARP_SLOT, sizeof from);
    words[matrix] = from[lane() % 4];
  }
}

inline void loadTransposed(unsigned (&words)[4], const void* row, int line = __builtin_LINE()) {
  cudaEmulatorCheckAlignment(row, 16);
  const char* rows = cudaEmulatorWarpExchange(&row, sizeof row, line);
  for (unsigned matrix = 0; matrix < 4; matrix++) {
    words[matrix] = 0;
    for (unsigned element = 0; element < 2; element++) {
      const unsigned short* from;
      memcpy(&from, rows + (matrix * 8 + lane() % 4 * 2 + element) * WARP_SLOT, sizeof from);
      words[matrix] |= unsigned(from[lane() / 4]) << 16 * element;
    }
  }
}

struct Tf32 {};
struct F16 {};
struct Bf16 {};
struct S8 {};
struct U8S8 {};

struct Fragments {
  unsigned a[4];
  unsigned b[2];
};

// The products of one word pair.
inline double dot(Tf32, unsigned a, unsigned b) {
  // The tensor core ignores the bits below TF32's.
  return double(__uint_as_float(a & 0xffffe000)) * __uint_as_float(b & 0xffffe000);
}
template <typename T>
inline double dot16(unsigned a, unsigned b) {
  T a0 = {static_cast<unsigned short>(a)}, a1 = {static_cast<unsigned short>(a >> 16)};
  T b0 = {static_cast<unsigned short>(b)}, b1 = {static_cast<unsigned short>(b >> 16)};
  return double(toFloat(a0)) * toFloat(b0) + double(toFloat(a1)) * toFloat(b1);
}
inline double dot(F16, unsigned a, unsigned b) { return dot16<f16>(a, b); }
inline double dot(Bf16, unsigned a, unsigned b) { return dot16<bf16>(a, b); }
template <typename A, typename B>
inline int dot8(unsigned a, unsigned b) {
  int sum = 0;
  for (int i = 0; i < 32; i += 8) {
    sum += int(static_cast<A>(a >> i)) * int(static_cast<B>(b >> i));
  }
  return sum;
}
inline int dot(S8, unsigned a, unsigned b) { return dot8<signed char, signed char>(a, b); }
inline int dot(U8S8, unsigned a, unsigned b) { return dot8<signed char, unsigned char>(a, b); }

template <typename Tag, typename C>
inline void multiplyAdd(Tag tag, C (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                        int line = __builtin_LINE()) {
  Fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  auto fragments = [rows = cudaEmulatorWarpExchange(&mine, sizeof mine, line)](unsigned of) {
    return reinterpret_cast<const Fragments*>(rows + of * WARP_SLOT);
  };
  for (unsigned i = 0; i < 4; i++) {
    unsigned row = lane() / 4 + i / 2 * 8;
    unsigned column = lane() % 4 * 2 + i % 2;
    decltype(dot(tag, 0u, 0u)) sum = c[i];
    for (unsigned word = 0; word < 8; word++) {
      unsigned left = fragments(row % 8 * 4 + word % 4)->a[row / 8 + word / 4 * 2];
      unsigned right = fragments(column * 4 + word % 4)->b[word / 4];
      sum += dot(tag, left, right);
    }
    c[i] = static_cast<C>(sum);
  }
}
