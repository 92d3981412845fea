// SPDX-License-Identifier: Apache-2.0
//
// Copies elements of four bytes from one regular arrangement to another. A thread takes VECTOR neighbours of the
// innermost axis where that has whole vectors on both sides, else one element.

#include "operator.cuh"

#define AXES 8

struct StridedCopyParams {
  long long at[6];
  long long count, from, to;
  long long extents[AXES];  // outermost first
  long long fromStrides[AXES], toStrides[AXES];
  int axes, unused;
};

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_strided_copy(const __grid_constant__ StridedCopyParams p, OPERANDS) {
  // As integers: a float's copy may change the bits of a NaN.
  const int* source = reinterpret_cast<const int*>(a) + p.from;
  int* target = reinterpret_cast<int*>(y) + p.to;
  int inner = p.axes - 1;
  bool dense = p.fromStrides[inner] == 1 && p.toStrides[inner] == 1;
  int width = dense && p.extents[inner] % VECTOR == 0 ? VECTOR : 1;
  long long step = (long long)gridDim.x * THREADS * width;
  for (long long i = ((long long)blockIdx.x * THREADS + threadIdx.x) * width; i < p.count; i += step) {
    long long rest = i, from = 0, to = 0;
#pragma unroll 1
    for (int axis = inner; axis >= 0; axis--) {
      long long at = rest % p.extents[axis];
      rest /= p.extents[axis];
      from += at * p.fromStrides[axis];
      to += at * p.toStrides[axis];
    }
    if (width == VECTOR && isAligned(source + from) && isAligned(target + to)) {
      *reinterpret_cast<int4*>(target + to) = *reinterpret_cast<const int4*>(source + from);
    } else {
      for (int n = 0; n < width; n++) {
        target[to + n] = source[from + n];
      }
    }
  }
}
