// SPDX-License-Identifier: Apache-2.0
//
// The explicit form: im2col writes each pixel's inputs out, and what is left is a pointwise convolution of G*CRS
// channels, computed as such. (Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for
// Document Processing".)
//
//   im2col        columns[n][g][crs][pixel]     NHWC: columns[n][pixel][g][trs c]
//   pack_filter   packed[g][k][crs]             NHWC: packed[g][k][trs c], where the filter does not lie so
//
// Images p.first to p.first + p.split - 1 are in the workspace at a time.

#include "common.cuh"

// Channel and tap of a product, counted in the order of the layout.
__device__ __forceinline__ void split(const ConvParams& p, int i, int taps, int& c, int& tap) {
  c = p.channelsLast ? i % p.C : i / taps;
  tap = p.channelsLast ? i / p.C : i % taps;
}

// Where a coordinate lands in x, or -1. `up` is 1 except for backward-data.
__device__ __forceinline__ int source(int at, int extent, int up) {
  if (at < 0 || (up != 1 && at % up != 0)) {
    return -1;
  }
  at = up == 1 ? at : at / up;
  return at < extent ? at : -1;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    im2col(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias, const void* residual,
           void* y, float* columns, const int* quant) {
  int pixels = p.O * p.P * p.Q;
  int taps = p.T * p.R * p.S;
  int products = p.C * taps;
  long long elements = (long long)p.split * p.G * products * pixels;
  long long threads = (long long)gridDim.x * blockDim.x;
  for (long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x; index < elements; index += threads) {
    int channels = p.G * products;
    int channel = (int)(p.channelsLast ? index % channels : index / pixels % channels);
    int pixel = (int)(p.channelsLast ? index / channels % pixels : index % pixels);
    int n = p.first + (int)(index / channels / pixels);
    int g = channel / products;
    int c, tap;
    split(p, channel % products, taps, c, tap);
    int d = source(pixel / p.Q / p.P * p.strideD - p.padD + tap / p.S / p.R * p.dilationD, p.D, p.upD);
    int h = source(pixel / p.Q % p.P * p.strideH - p.padH + tap / p.S % p.R * p.dilationH, p.H, p.upH);
    int at = source(pixel % p.Q * p.strideW - p.padW + tap % p.S * p.dilationW, p.W, p.upW);
    bool in = d >= 0 && h >= 0 && at >= 0;
    columns[index] = in ? x[n * p.xN + (g * p.C + c) * p.xC + ((d * p.H + h) * p.W + at) * p.xPixel] : 0;
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    pack_filter(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias,
                const void* residual, void* y, float* packed, const int* quant) {
  int taps = p.T * p.R * p.S;
  int products = p.C * taps;
  int index = blockIdx.x * THREADS + threadIdx.x;
  if (index >= p.G * p.K * products) {
    return;
  }
  int k = index / products;
  int c, tap;
  split(p, index % products, taps, c, tap);
  packed[index] = w[p.wBase + k / p.K * p.wG + k % p.K * p.wK + c * p.wC + tap * p.wTap];
}
