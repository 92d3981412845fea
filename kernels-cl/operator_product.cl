// SPDX-License-Identifier: Apache-2.0
//
// Y = activation(alpha * A * B + bias), a stack of matrix products with few rows. A work-group for
// each element of Y: its items take every ITEMS-th term, which is how rows of B lie when B is
// transposed, and their sums are added in a fixed order.

#include "operator.cl"

typedef struct {
  long at[6];
  long stack, m, n, k;
  long stepA, stepB;
  long rowA, termA, termB, columnB;  // distances in elements
  int bias, activation;
  float alpha, slope, bound, unused;
} ProductParams;

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void operator_product(const ProductParams p, OPERANDS) {
  local float sums[ITEMS];
  int item = get_local_id(0);
  long i = get_group_id(0);
  long column = i % p.n;
  long row = i / p.n % p.m;
  long s = i / (p.n * p.m);
  long fromA = p.at[0] + s * p.stepA + row * p.rowA;
  long fromB = p.at[1] + s * p.stepB + column * p.columnB;
  float sum = 0;
  for (long l = item; l < p.k; l += ITEMS) sum = fma(a[fromA + l * p.termA], b[fromB + l * p.termB], sum);
  sums[item] = sum;
  for (int apart = ITEMS / 2; apart > 0; apart /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);  // the sums of the round before are written
    if (item < apart) sums[item] += sums[item + apart];
  }
  if (item == 0) {
    float v = p.alpha * sums[0] + (p.bias ? c[p.at[2] + column] : 0);
    y[p.at[3] + i] = activated(v, p.activation, p.slope, p.bound);
  }
}
