// SPDX-License-Identifier: Apache-2.0
//
// Copies elements into another type and memory order, one work-item for each, in the order of the result.

#include "common.cl"

typedef struct {
  long at[6];
  long count, middle, inner;                    // elements, and the result's two inner extents
  long outerStride, middleStride, innerStride;  // distances in x
} ConversionParams;

#if X_TYPE == Y_TYPE
// Bits, not values: a float's copy may change those of a NaN.
#if X_TYPE == F64
#define BITS ulong
#elif X_TYPE == F16 || X_TYPE == BF16
#define BITS ushort
#elif X_TYPE == I8 || X_TYPE == U8
#define BITS uchar
#else
#define BITS uint
#endif
#define CONVERT(x, from, y, to) ((global BITS*)(y))[to] = ((global const BITS*)(x))[from]
#elif X_TYPE < I8 && Y_TYPE == I8
#define CONVERT(x, from, y, to) (y)[to] = convert_char_sat_rte(LOAD_X(x, from))
#elif X_TYPE < I8 && Y_TYPE == U8
#define CONVERT(x, from, y, to) (y)[to] = convert_uchar_sat_rte(LOAD_X(x, from))
#elif X_TYPE < I8 && Y_TYPE == I32
#define CONVERT(x, from, y, to) (y)[to] = convert_int_sat_rte(LOAD_X(x, from))
#else
#define CONVERT(x, from, y, to) storeY(y, to, LOAD_X(x, from))
#endif

kernel void convert(const ConversionParams p, global const X_T* x, global const X_T* unused1, global const X_T* unused2,
                    global Y_T* y, global const X_T* unused4, global const X_T* unused5) {
  long i = get_global_id(0);
  if (i >= p.count) return;
  long inner = i % p.inner, middle = i / p.inner % p.middle, outer = i / p.inner / p.middle;
  long from = outer * p.outerStride + middle * p.middleStride + inner * p.innerStride;
  CONVERT(x, p.at[0] + from, y, p.at[3] + i);
}
