// SPDX-License-Identifier: Apache-2.0
//
// Y = activation(alpha * A * B + bias), a stack of matrix products with few rows: B is read once for every ROWS of
// them. Neighbouring threads read neighbours of B. Where B is transposed, those are terms of one sum, and a column has
// LANES threads; else they are columns, and THREADS/LANES threads share each. Their sums are added in a fixed order.

#include "operator.cuh"

#ifndef ROWS
#define ROWS 4  // rows of a block
#endif
#define LANES 32

struct ProductParams {
  long long at[6];
  long long stack, m, n, k;
  long long stepA, stepB;
  long long rowA, termA, termB, columnB;  // distances in elements
  int bias, activation;
  float alpha, slope, bound, unused;
};

struct Memory {
  float sums[ROWS][THREADS];
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the sums need");

// The sums of a thread: every lanes-th piece of WIDTH terms.
template <int WIDTH>
__device__ __forceinline__ void multiply(const ProductParams& p, const float* a, const long long (&rows)[ROWS],
                                         const float* b, int lane, int lanes, float (&sums)[ROWS]) {
#pragma unroll 4
  for (long long l = (long long)lane * WIDTH; l < p.k; l += lanes * WIDTH) {
    if constexpr (WIDTH == VECTOR) {
      float4 w = *reinterpret_cast<const float4*>(b + l);
#pragma unroll
      for (int row = 0; row < ROWS; row++) {
        float4 v = *reinterpret_cast<const float4*>(a + rows[row] + l);
        sums[row] = fmaf(v.x, w.x, sums[row]);
        sums[row] = fmaf(v.y, w.y, sums[row]);
        sums[row] = fmaf(v.z, w.z, sums[row]);
        sums[row] = fmaf(v.w, w.w, sums[row]);
      }
    } else {
      float w = b[l * p.termB];
#pragma unroll
      for (int row = 0; row < ROWS; row++) {
        sums[row] = fmaf(a[rows[row] + l * p.termA], w, sums[row]);
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_product(const __grid_constant__ ProductParams p, OPERANDS) {
  SHARED_MEMORY(Memory, memory);
  bool transposed = p.termB == 1;
  int lanes = transposed ? LANES : THREADS / LANES;
  int columns = THREADS / lanes;
  int lane = transposed ? threadIdx.x % LANES : threadIdx.x / LANES;
  int local = transposed ? threadIdx.x / LANES : threadIdx.x % LANES;
  long long blocksN = CEIL_DIV(p.n, columns), blocksM = CEIL_DIV(p.m, ROWS);
  long long n0 = blockIdx.x % blocksN * columns;
  long long m0 = blockIdx.x / blocksN % blocksM * ROWS;
  long long product = blockIdx.x / (blocksN * blocksM);
  // Beyond the edges: the last row or column once more, which nobody stores.
  long long rows[ROWS];
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    rows[row] = min(m0 + row, p.m - 1) * p.rowA;
  }
  const float* fromA = a + product * p.stepA;
  const float* fromB = b + product * p.stepB + min(n0 + local, p.n - 1) * p.columnB;
  float sums[ROWS] = {};
  if (transposed && p.termA == 1 && p.k % VECTOR == 0 && isAligned(fromA) && isAligned(fromB)) {
    multiply<VECTOR>(p, fromA, rows, fromB, lane, lanes, sums);
  } else {
    multiply<1>(p, fromA, rows, fromB, lane, lanes, sums);
  }
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    memory.sums[row][lane * columns + local] = sums[row];
  }
  for (int apart = lanes / 2; apart > 0; apart /= 2) {
    __syncthreads();  // the sums of the round before are written
    if (lane < apart) {
#pragma unroll
      for (int row = 0; row < ROWS; row++) {
        memory.sums[row][lane * columns + local] += memory.sums[row][(lane + apart) * columns + local];
      }
    }
  }
  __syncthreads();  // the whole sums from their readers
  for (int i = threadIdx.x; i < ROWS * columns; i += THREADS) {
    long long row = m0 + i / columns, column = n0 + i % columns;
    if (row < p.m && column < p.n) {
      float v = p.alpha * memory.sums[i / columns][i % columns] + (p.bias ? c[column] : 0);
      y[(product * p.m + row) * p.n + column] = activated(v, p.activation, p.slope, p.bound);
    }
  }
}
