// SPDX-License-Identifier: Apache-2.0
//
// Depthwise convolution: every group reads one channel (forward), or writes one (backward-data, as in ConvParams). The
// sum has only T·R·S products, so this is bound by memory: no shared memory, neighbouring threads read neighbours in
// either layout, and a thread owns THREAD_Q results of one row, whose inputs overlap in its cache lines. With UNIT_S
// filter columns and stride, dilation and up of 1 along W it reads each input of the row once, into registers.
// Sums in the order c, t, r, s.

#define F32_TYPE 0
#define F16_TYPE 1
#define BF16_TYPE 2

#include "common.cuh"

#ifndef ELEMENT_TYPE
#define ELEMENT_TYPE F32_TYPE
#endif
#ifndef THREAD_Q
#define THREAD_Q 4  // results of a thread, along Q
#endif
#ifndef UNIT_S
#define UNIT_S 0  // filter columns when they are known and everything along W is 1, else 0
#endif

#if ELEMENT_TYPE == F16_TYPE
typedef f16 Element;
#elif ELEMENT_TYPE == BF16_TYPE
typedef bf16 Element;
#else
typedef float Element;
#endif

// Where a tap lands in x on one axis, or -1. `up` is 1 except for backward-data.
__device__ __forceinline__ int source(int at, int extent, int up) {
  if (up != 1) {
    if (at < 0 || at % up != 0) {
      return -1;
    }
    at /= up;
  }
  return at < extent ? at : -1;
}

// Adds the products of one row of the filter.
__device__ __forceinline__ void addRow(const ConvParams& p, const Element* row, const Element* filter, int first,
                                       float (&sums)[THREAD_Q]) {
  int xPixel = (int)p.xPixel;
  int wTap = (int)p.wTap;
#if UNIT_S
  float inputs[THREAD_Q + UNIT_S - 1];
#pragma unroll
  for (int i = 0; i < THREAD_Q + UNIT_S - 1; i++) {
    int at = first + i;
    inputs[i] = at >= 0 && at < p.W ? toFloat(row[at * xPixel]) : 0;
  }
#pragma unroll
  for (int s = 0; s < UNIT_S; s++) {
    float weight = toFloat(filter[s * wTap]);
#pragma unroll
    for (int i = 0; i < THREAD_Q; i++) {
      sums[i] = fmaf(inputs[i + s], weight, sums[i]);
    }
  }
#else
  for (int s = 0; s < p.S; s++) {
    float weight = toFloat(filter[s * wTap]);
#pragma unroll
    for (int i = 0; i < THREAD_Q; i++) {
      int at = source(first + i * p.strideW + s * p.dilationW, p.W, p.upW);
      float input = at >= 0 ? toFloat(row[at * xPixel]) : 0;
      sums[i] = fmaf(input, weight, sums[i]);
    }
  }
#endif
}

extern "C" __global__ void __launch_bounds__(THREADS)
    depthwise(const __grid_constant__ ConvParams p, const Element* x, const Element* w, const void* bias,
              const void* residual, void* y, void* workspace, const int* quant) {
  int strips = CEIL_DIV(p.Q, THREAD_Q);
  int channels = p.G * p.K;
  long long index = (long long)blockIdx.x * THREADS + threadIdx.x;
  if (index >= (long long)p.N * channels * p.O * p.P * strips) {
    return;
  }
  bool channelsLast = p.yC == 1;
  int rest = (int)index;
  int channel = 0;
  if (channelsLast) {
    channel = rest % channels;
    rest /= channels;
  }
  int q = rest % strips * THREAD_Q;
  rest /= strips;
  int row = rest % p.P;
  rest /= p.P;
  int plane = rest % p.O;
  rest /= p.O;
  if (!channelsLast) {
    channel = rest % channels;
    rest /= channels;
  }
  int n = rest;
  int g = channel / p.K;
  float sums[THREAD_Q] = {};
  for (int c = 0; c < p.C; c++) {
    const Element* image = x + n * p.xN + (g * p.C + c) * p.xC;
    const Element* filter = w + p.wBase + g * p.wG + channel % p.K * p.wK + c * p.wC;
    for (int t = 0; t < p.T; t++) {
      int d = source(plane * p.strideD - p.padD + t * p.dilationD, p.D, p.upD);
      for (int r = 0; d >= 0 && r < p.R; r++) {
        int h = source(row * p.strideH - p.padH + r * p.dilationH, p.H, p.upH);
        if (h >= 0) {
          addRow(p, image + ((long long)d * p.H + h) * p.W * p.xPixel, filter + (t * p.R + r) * p.S * p.wTap,
                 q * p.strideW - p.padW, sums);
        }
      }
    }
  }
  long long at = n * p.yN + channel * p.yC + ((long long)(plane * p.P + row) * p.Q + q) * p.yPixel;
#pragma unroll
  for (int i = 0; i < THREAD_Q; i++) {
    if (q + i < p.Q) {
      finish(p, sums[i], channel, at + i * p.yPixel, bias, residual, y, quant);
    }
  }
}
