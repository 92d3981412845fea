// SPDX-License-Identifier: Apache-2.0
//
// Depthwise convolution: every group reads one channel (forward), or writes one (backward-data, as in ConvParams). The
// sum has only T*R*S products, so this is bound by memory: no shared memory, neighbouring threads read neighbours in
// either layout, and a thread owns ROWS x THREAD_Q results of a plane.
//
// With FILTER the filter is FILTER x FILTER, stride 1 or 2, and a thread slides down its strip: each row of x is loaded
// once, a step ahead, and added to the rows of results above which it lies, so that the first of them is done:
//
//      x row i  -->  sums[0] (just begun) ... sums[last] (done, leaves)     weights stay in registers
//
// Without, an input is read for each product, mostly from the first cache. Sums in the order c, t, r, s.

#define F32_TYPE 0
#define F16_TYPE 1
#define BF16_TYPE 2

#include "common.cuh"

#ifndef ELEMENT_TYPE
#define ELEMENT_TYPE F32_TYPE
#endif
#ifndef FILTER
#define FILTER 0  // the filter's extent along R and S where that is known, else 0
#endif
#ifndef ROWS
#define ROWS 8  // rows of results of a thread
#endif
#ifndef THREAD_Q
#define THREAD_Q 4  // results of a thread in a row
#endif
#ifndef MIN_BLOCKS
#define MIN_BLOCKS 4  // blocks that must fit a multiprocessor, which bounds the registers
#endif
#if THREAD_Q != 4
#error "four neighbours are stored at once"
#endif

#if ELEMENT_TYPE == F16_TYPE
typedef f16 Element;
#elif ELEMENT_TYPE == BF16_TYPE
typedef bf16 Element;
#else
typedef float Element;
#endif

// A thread's results.
struct Strip {
  int channel, plane, row, q;
  long long at;  // of the first in y
};

__device__ __forceinline__ void finishRow(const ConvParams& p, const Strip& strip, int row, const float (&sums)[4],
                                          const void* bias, const void* residual, void* y, const int* quant) {
  bool together = p.yPixel == 1 && p.Q % THREAD_Q == 0;
  finishFour(p, sums, min(THREAD_Q, p.Q - strip.q), together, strip.channel, 0, strip.at + row * p.Q * p.yPixel,
             p.yPixel, bias, residual, y, quant);
}

#if FILTER
template <int COLUMNS>
__device__ __forceinline__ void loadRow(const ConvParams& p, const Element* image, int h, int w,
                                        float (&inputs)[COLUMNS]) {
  const Element* line = image + (h * p.W + w) * (int)p.xPixel;
#pragma unroll
  for (int j = 0; j < COLUMNS; j++) {
    bool in = (unsigned)h < (unsigned)p.H && (unsigned)(w + j) < (unsigned)p.W;
    inputs[j] = in ? toFloat(line[j * (int)p.xPixel]) : 0;
  }
}

template <int STRIDE>
__device__ __forceinline__ void slide(const ConvParams& p, const Strip& strip, const Element* image,
                                      const Element* filter, const void* bias, const void* residual, void* y,
                                      const int* quant) {
  constexpr int OPEN = CEIL_DIV(FILTER, STRIDE);  // rows of results that a row of x is added to
  constexpr int COLUMNS = (THREAD_Q - 1) * STRIDE + FILTER;
  float weights[OPEN * STRIDE][FILTER];
#pragma unroll
  for (int tap = 0; tap < OPEN * STRIDE * FILTER; tap++) {
    bool in = tap < FILTER * FILTER;
    weights[tap / FILTER][tap % FILTER] = in ? toFloat(filter[tap * (int)p.wTap]) : 0;
  }
  int h = strip.row * STRIDE - p.padH;
  int w = strip.q * STRIDE - p.padW;
  int rows = min(ROWS, p.P - strip.row);
  float sums[OPEN][THREAD_Q] = {};
  float ahead[STRIDE][COLUMNS];
#pragma unroll
  for (int i = 0; i < STRIDE; i++) {
    loadRow(p, image, h + i, w, ahead[i]);
  }
#pragma unroll 1
  for (int step = 0; step < rows + OPEN - 1; step++) {
    float inputs[STRIDE][COLUMNS];
#pragma unroll
    for (int i = 0; i < STRIDE; i++) {
#pragma unroll
      for (int j = 0; j < COLUMNS; j++) {
        inputs[i][j] = ahead[i][j];
      }
      loadRow(p, image, h + (step + 1) * STRIDE + i, w, ahead[i]);
    }
#pragma unroll
    for (int i = 0; i < STRIDE; i++) {
#pragma unroll
      for (int open = 0; open < OPEN; open++) {
#pragma unroll
        for (int s = 0; s < FILTER; s++) {
#pragma unroll
          for (int j = 0; j < THREAD_Q; j++) {
            sums[open][j] = fmaf(inputs[i][j * STRIDE + s], weights[open * STRIDE + i][s], sums[open][j]);
          }
        }
      }
    }
    if (step >= OPEN - 1) {
      finishRow(p, strip, step - (OPEN - 1), sums[OPEN - 1], bias, residual, y, quant);
    }
#pragma unroll
    for (int open = OPEN - 1; open >= 0; open--) {
#pragma unroll
      for (int j = 0; j < THREAD_Q; j++) {
        sums[open][j] = open > 0 ? sums[open - (open > 0)][j] : 0;
      }
    }
  }
}
#else
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

// Adds the products of one channel to a row of results.
__device__ __forceinline__ void addRow(const ConvParams& p, const Strip& strip, int row, const Element* image,
                                       const Element* filter, float (&sums)[THREAD_Q]) {
  int xPixel = (int)p.xPixel;
  int wTap = (int)p.wTap;
  for (int t = 0; t < p.T; t++) {
    int d = source(strip.plane * p.strideD - p.padD + t * p.dilationD, p.D, p.upD);
    for (int r = 0; d >= 0 && r < p.R; r++) {
      int h = source((strip.row + row) * p.strideH - p.padH + r * p.dilationH, p.H, p.upH);
      for (int s = 0; h >= 0 && s < p.S; s++) {
        float weight = toFloat(filter[((t * p.R + r) * p.S + s) * wTap]);
        const Element* line = image + (d * p.H + h) * p.W * xPixel;
#pragma unroll
        for (int j = 0; j < THREAD_Q; j++) {
          int at = source((strip.q + j) * p.strideW - p.padW + s * p.dilationW, p.W, p.upW);
          float input = at >= 0 ? toFloat(line[at * xPixel]) : 0;
          sums[j] = fmaf(input, weight, sums[j]);
        }
      }
    }
  }
}
#endif

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    depthwise(const __grid_constant__ ConvParams p, const Element* x, const Element* w, const void* bias,
              const void* residual, void* y, void* workspace, const int* quant) {
  int stripsQ = CEIL_DIV(p.Q, THREAD_Q);
  int stripsP = CEIL_DIV(p.P, ROWS);
  int channels = p.G * p.K;
  long long index = (long long)blockIdx.x * THREADS + threadIdx.x;
  if (index >= (long long)p.N * channels * p.O * stripsP * stripsQ) {
    return;
  }
  bool channelsLast = p.yC == 1;
  Strip strip;
  int rest = (int)index;
  strip.channel = 0;
  if (channelsLast) {
    strip.channel = rest % channels;
    rest /= channels;
  }
  strip.q = rest % stripsQ * THREAD_Q;
  rest /= stripsQ;
  strip.row = rest % stripsP * ROWS;
  rest /= stripsP;
  strip.plane = rest % p.O;
  rest /= p.O;
  if (!channelsLast) {
    strip.channel = rest % channels;
    rest /= channels;
  }
  int n = rest;
  int g = strip.channel / p.K;
  strip.at = n * p.yN + strip.channel * p.yC + ((long long)(strip.plane * p.P + strip.row) * p.Q + strip.q) * p.yPixel;
  const Element* image = x + n * p.xN + g * p.C * p.xC;
  const Element* filter = w + p.wBase + g * p.wG + strip.channel % p.K * p.wK;
#if FILTER
  if (p.strideW == 1) {
    slide<1>(p, strip, image, filter, bias, residual, y, quant);
  } else {
    slide<2>(p, strip, image, filter, bias, residual, y, quant);
  }
#else
#pragma unroll 1
  for (int row = 0; row < ROWS && strip.row + row < p.P; row++) {
    float sums[THREAD_Q] = {};
    for (int c = 0; c < p.C; c++) {
      addRow(p, strip, row, image + c * p.xC, filter + c * p.wC, sums);
    }
    finishRow(p, strip, row, sums, bias, residual, y, quant);
  }
#endif
}
