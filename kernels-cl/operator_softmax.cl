// SPDX-License-Identifier: Apache-2.0
//
// Softmax, or its logarithm, of rows. A work-group for each row: its items take every ITEMS-th
// element, and maxima and sums are joined in a fixed order.

#include "operator.cl"

typedef struct {
  long at[6];
  long length, inner;
  int logarithm, unused;
} SoftmaxParams;

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void operator_softmax(const SoftmaxParams p, OPERANDS) {
  local float joined[ITEMS];
  int item = get_local_id(0);
  long row = get_group_id(0);
  long first = row / p.inner * p.length * p.inner + row % p.inner;
  global const float* x = a + p.at[0] + first;
  float top = -INFINITY;
  for (long l = item; l < p.length; l += ITEMS) top = fmax(top, x[l * p.inner]);
  joined[item] = top;
  for (int apart = ITEMS / 2; apart > 0; apart /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the maxima of the round before are written
    if (item < apart) joined[item] = fmax(joined[item], joined[item + apart]);
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // the row's maximum is written
  top = joined[0];
  barrier(CLK_LOCAL_MEM_FENCE);  // everybody has read it
  float sum = 0;
  for (long l = item; l < p.length; l += ITEMS) sum += exp(x[l * p.inner] - top);
  joined[item] = sum;
  for (int apart = ITEMS / 2; apart > 0; apart /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the sums of the round before are written
    if (item < apart) joined[item] += joined[item + apart];
  }
  barrier(CLK_LOCAL_MEM_FENCE);  // the row's sum is written
  sum = joined[0];
  for (long l = item; l < p.length; l += ITEMS) {
    float v = x[l * p.inner] - top;
    y[p.at[3] + first + l * p.inner] = p.logarithm ? v - log(sum) : exp(v) / sum;
  }
}
