// SPDX-License-Identifier: Apache-2.0
//
// Adds the parts of a split sum, in their order whatever the device did first, and finishes. One thread for each
// result: y[row, column] of a group is the sum over parts of workspace[part, group, row, column]; gemm.cuh says what
// row and column are. The host sets ACC_TYPE.

#include "gemm.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
    reduce_split(const __grid_constant__ GemmParams p, const void* x, const void* w, const void* bias,
                 const void* residual, void* y, const Acc* workspace, const int* quant) {
  long long results = (long long)p.groups * p.rows * p.column.count;
  long long threads = (long long)gridDim.x * blockDim.x;
  for (long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x; index < results; index += threads) {
    int column = (int)(index % p.column.count);
    int channel = (int)(index / p.column.count);
    int row = channel % p.rows;
    int group = channel / p.rows;
    Acc sum = 0;
    for (int part = 0; part < p.split; part++) {
      sum += workspace[part * results + index];
    }
    finish(p.conv, sum, channel, (long long)group * p.yGroup + other(p.column, column) + row * p.yRow, bias, residual,
           y, quant);
  }
}
