// SPDX-License-Identifier: Apache-2.0
//
// Copies elements into another type and memory order, one for each thread at a time, in the order of the result.
// ACC_TYPE is what values pass through, exactly: F64 where a type has more bits than a float. They are rounded once.

#include "common.cuh"

struct ConversionParams {
  long long at[6];                                   // 0: a CUDA address needs no offset
  long long count, middle, inner;                    // elements, and the result's two inner extents
  long long outerStride, middleStride, innerStride;  // distances in x
  int from, to;                                      // codes of types, macros of the OpenCL twin
};

__device__ __forceinline__ Acc read(const void* x, long long i, int type) {
  switch (type) {
    case I8:
      return static_cast<const signed char*>(x)[i];
    case U8:
      return static_cast<const unsigned char*>(x)[i];
    case I32:
      return (Acc) static_cast<const int*>(x)[i];
    default:
      return load(x, i, type);
  }
}

// The nearest number of a range, and 0 for what is none.
__device__ __forceinline__ int whole(Acc value, Acc low, Acc high) {
  if (value != value) return 0;
  Acc inside = value < low ? low : value > high ? high : value;
#if ACC_TYPE == F64
  return (int)rint(inside);
#else
  return (int)rintf(inside);
#endif
}

__device__ __forceinline__ void write(void* y, long long i, int type, Acc value) {
  switch (type) {
    case I8:
      static_cast<signed char*>(y)[i] = (signed char)whole(value, -128, 127);
      break;
    case U8:
      static_cast<unsigned char*>(y)[i] = (unsigned char)whole(value, 0, 255);
      break;
#if ACC_TYPE == F64
    case I32:
      static_cast<int*>(y)[i] = whole(value, -2147483648.0, 2147483647.0);
      break;
#endif
    default:
      store(y, i, type, value);
  }
}

// Bits, not values: a float's copy may change those of a NaN.
__device__ __forceinline__ void copy(const void* x, long long from, void* y, long long to, int type) {
  switch (type) {
    case I8:
    case U8:
      static_cast<unsigned char*>(y)[to] = static_cast<const unsigned char*>(x)[from];
      break;
    case F16_CODE:
    case BF16_CODE:
      static_cast<unsigned short*>(y)[to] = static_cast<const unsigned short*>(x)[from];
      break;
    case F64:
      static_cast<unsigned long long*>(y)[to] = static_cast<const unsigned long long*>(x)[from];
      break;
    default:
      static_cast<unsigned*>(y)[to] = static_cast<const unsigned*>(x)[from];
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    convert(const __grid_constant__ ConversionParams p, const void* x, const void* unused1, const void* unused2, void* y,
            const void* unused4, const void* unused5) {
  long long step = (long long)gridDim.x * THREADS;
  for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < p.count; i += step) {
    long long inner = i % p.inner, middle = i / p.inner % p.middle, outer = i / p.inner / p.middle;
    long long from = outer * p.outerStride + middle * p.middleStride + inner * p.innerStride;
    if (p.from == p.to) {
      copy(x, from, y, i, p.from);
    } else {
      write(y, i, p.to, read(x, from, p.from));
    }
  }
}
