// SPDX-License-Identifier: Apache-2.0
//
// Adds the parts of a split sum, in an order that only their number decides, and finishes: y[row, column] of a group is
// the sum over parts of workspace[part, group, row, column]; gemm.cuh says what row and column are. One thread for each
// result, or SLICES of them that share out more parts than that: a small result with hundreds of parts would keep few
// threads waiting for one load after the other. The host sets ACC_TYPE.

#include "gemm.cuh"

#ifndef SLICES
#define SLICES 8  // threads of a result with many parts
#endif
#ifndef THREADS
#define THREADS 256  // threads of a block
#endif

#if THREADS % SLICES != 0
#error "SLICES must divide THREADS"
#endif

struct Sums {
  Acc of[THREADS];
};
static_assert(sizeof(Sums) == SHARED_BYTES, "SHARED_BYTES is not what the sums need");

extern "C" __global__ void __launch_bounds__(THREADS)
    reduce_split(const __grid_constant__ GemmParams p, const void* x, const void* w, const void* bias,
                 const void* residual, void* y, const Acc* workspace, const int* quant) {
  SHARED_MEMORY(Sums, sums);
  long long results = (long long)p.groups * p.rows * p.column.count;
  int slices = p.split > SLICES ? SLICES : 1;
  int each = THREADS / slices;
  int slice = threadIdx.x / each;
  int parts = CEIL_DIV(p.split, slices);
  int begin = slice * parts, end = min(p.split, begin + parts);
  for (long long first = (long long)blockIdx.x * each; first < results; first += (long long)gridDim.x * each) {
    long long index = first + threadIdx.x % each;
    Acc sum = 0;
    if (index < results) {
#pragma unroll 4
      for (int part = begin; part < end; part++) {
        sum += workspace[part * results + index];
      }
    }
    if (slices > 1) {
      __syncthreads();  // the last readers of sums from new ones
      sums.of[threadIdx.x] = sum;
      __syncthreads();  // the slices' sums from their readers
      for (int n = 1; n < slices && slice == 0; n++) {
        sum += sums.of[n * each + threadIdx.x];
      }
    }
    if (slice == 0 && index < results) {
      int column = (int)(index % p.column.count);
      int channel = (int)(index / p.column.count);
      int row = channel % p.rows;
      int group = channel / p.rows;
      finish(p.conv, sum, channel, (long long)group * p.yGroup + other(p.column, column) + row * p.yRow, bias, residual,
             y, quant);
    }
  }
}
