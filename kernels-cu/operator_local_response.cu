// SPDX-License-Identifier: Apache-2.0
//
// y = x / (bias + alpha/size * sum of squares of neighbouring channels)^beta (Krizhevsky et al., "ImageNet
// Classification with Deep Convolutional Neural Networks", 3.3). A thread for each element; neighbouring threads read
// neighbours of each channel.

#include "operator.cuh"

struct LocalResponseParams {
  long long at[6];
  long long count, channels, plane, size;
  float factor, beta, bias, unused;
};

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_local_response(const __grid_constant__ LocalResponseParams p, OPERANDS) {
  long long threads = (long long)gridDim.x * THREADS;
  for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < p.count; i += threads) {
    long long channel = i / p.plane % p.channels;
    long long first = max(0LL, channel - (p.size - 1) / 2);
    long long last = min(p.channels - 1, channel + p.size / 2);
    const float* x = a + i + (first - channel) * p.plane;
    float sum = 0;
    for (long long k = first; k <= last; k++) {
      sum = fmaf(*x, *x, sum);
      x += p.plane;
    }
    y[i] = a[i] / powf(fmaf(p.factor, sum, p.bias), p.beta);
  }
}
