// SPDX-License-Identifier: Apache-2.0
//
// Softmax, or its logarithm, of rows. A block for each row: its threads take every THREADS-th element, and maxima and
// sums are joined in a fixed order.

#include "operator.cuh"

struct SoftmaxParams {
  long long at[6];
  long long length, inner;
  int logarithm, unused;
};

struct Memory {
  float joined[THREADS];
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the threads need");

// Joins the threads' values, two by two, and gives everybody the result.
template <typename Join>
__device__ __forceinline__ float together(Memory& memory, float mine, Join join) {
  int thread = threadIdx.x;
  memory.joined[thread] = mine;
  for (int apart = THREADS / 2; apart > 0; apart /= 2) {
    __syncthreads();  // the values of the round before are written
    if (thread < apart) {
      memory.joined[thread] = join(memory.joined[thread], memory.joined[thread + apart]);
    }
  }
  __syncthreads();  // the last value is written
  float all = memory.joined[0];
  __syncthreads();  // everybody has read it
  return all;
}

struct Maximum {
  __device__ float operator()(float v, float w) const { return fmaxf(v, w); }
};
struct Sum {
  __device__ float operator()(float v, float w) const { return v + w; }
};

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_softmax(const __grid_constant__ SoftmaxParams p, OPERANDS) {
  SHARED_MEMORY(Memory, memory);
  long long row = blockIdx.x;
  long long first = row / p.inner * p.length * p.inner + row % p.inner;
  const float* x = a + first;
  float top = -INFINITE;
  for (long long l = threadIdx.x; l < p.length; l += THREADS) {
    top = fmaxf(top, x[l * p.inner]);
  }
  top = together(memory, top, Maximum());
  float sum = 0;
  for (long long l = threadIdx.x; l < p.length; l += THREADS) {
    sum += expf(x[l * p.inner] - top);
  }
  sum = together(memory, sum, Sum());
  for (long long l = threadIdx.x; l < p.length; l += THREADS) {
    float v = x[l * p.inner] - top;
    y[first + l * p.inner] = p.logarithm ? v - logf(sum) : expf(v) / sum;
  }
}
