// SPDX-License-Identifier: Apache-2.0
//
// Copies elements of four bytes from one regular arrangement to another. One work-item for each.

#include "operator.cl"

#define AXES 8

typedef struct {
  long at[6];
  long count, from, to;
  long extents[AXES];  // outermost first
  long fromStrides[AXES], toStrides[AXES];
  int axes, unused;
} StridedCopyParams;

kernel void operator_strided_copy(const StridedCopyParams p, OPERANDS) {
  long i = get_global_id(0);
  if (i >= p.count) return;
  long rest = i;
  long from = p.at[0] + p.from;
  long to = p.at[3] + p.to;
  for (int axis = p.axes - 1; axis >= 0; axis--) {
    long at = rest % p.extents[axis];
    rest /= p.extents[axis];
    from += at * p.fromStrides[axis];
    to += at * p.toStrides[axis];
  }
  // As integers: a float's copy may change the bits of a NaN.
  ((global int*)y)[to] = ((global const int*)a)[from];
}
