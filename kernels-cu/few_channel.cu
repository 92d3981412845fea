// SPDX-License-Identifier: Apache-2.0
//
// The first layer of a network: few channels, a filter of some size. The sum is short, so tiles of it would be mostly
// edges. A block stages the weights of TILE_K filters in shared memory; each thread owns PIXELS pixels, THREADS apart,
// and all TILE_K sums of them, and reads every element of x once: TILE_K * PIXELS products for PIXELS reads of x and
// TILE_K / 4 vector reads of weights that all threads share. Sums in the order c, t, r, s.

#include "common.cuh"

#ifndef TILE_K
#define TILE_K 32  // filters of a block, sums of a pixel
#endif
#ifndef TILE_W
#define TILE_W 8192  // weights that fit the staging area
#endif
#ifndef PIXELS
#define PIXELS 2  // pixels of a thread
#endif
#ifndef THREADS
#define THREADS 128  // threads of a block
#endif
#if TILE_K % 4 != 0
#error "weights are read in vectors of four"
#endif

union Memory {
  float4 weights[TILE_W / 4];               // [product][filter]
  float results[TILE_K * PIXELS][THREADS];  // on their way to y: indexed by a loop, as registers cannot be
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what weights and results need");

// Where a tap lands in x on one axis, or -1. `up` is 1 except for backward-data.
__device__ __forceinline__ int source(int at, int extent, int up) {
  if (at < 0 || (up != 1 && at % up != 0)) {
    return -1;
  }
  at = up == 1 ? at : at / up;
  return at < extent ? at : -1;
}

struct Pixel {
  long long image, y;  // where image and result begin
  int d, h, w;
  bool valid;
};

__device__ __forceinline__ Pixel pixelOf(const ConvParams& p, int g, long long index) {
  long long pixels = (long long)p.O * p.P * p.Q;
  int n = (int)(index / pixels);
  int at = (int)(index % pixels);
  Pixel pixel;
  pixel.valid = n < p.N;
  pixel.image = n * p.xN + g * p.C * p.xC;
  pixel.y = n * p.yN + at * p.yPixel;
  pixel.w = at % p.Q * p.strideW - p.padW;
  pixel.h = at / p.Q % p.P * p.strideH - p.padH;
  pixel.d = at / p.Q / p.P * p.strideD - p.padD;
  return pixel;
}

extern "C" __global__ void __launch_bounds__(THREADS, 4)
    few_channel(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias,
                const void* residual, void* y, void* workspace, const int* quant) {
  SHARED_MEMORY(Memory, memory);
  int g = blockIdx.z;
  int k0 = blockIdx.y * TILE_K;
  int taps = p.T * p.R * p.S;
  w += p.wBase + g * p.wG;
  for (int index = threadIdx.x; index < p.C * taps * TILE_K; index += THREADS) {
    int i = index / TILE_K, k = k0 + index % TILE_K;
    reinterpret_cast<float*>(memory.weights)[index] = k < p.K ? w[k * p.wK + i / taps * p.wC + i % taps * p.wTap] : 0;
  }
  Pixel pixels[PIXELS];
#pragma unroll
  for (int j = 0; j < PIXELS; j++) {
    pixels[j] = pixelOf(p, g, ((long long)blockIdx.x * PIXELS + j) * THREADS + threadIdx.x);
  }
  __syncthreads();  // the weights from their readers
  float sums[PIXELS][TILE_K] = {};
  const float4* weights = memory.weights;
  for (int row = 0; row < p.C * p.T * p.R; row++) {
    int c = row / (p.T * p.R), t = row / p.R % p.T, r = row % p.R;
    const float* lines[PIXELS];
    bool in[PIXELS];
#pragma unroll
    for (int j = 0; j < PIXELS; j++) {
      int d = source(pixels[j].d + t * p.dilationD, p.D, p.upD);
      int h = source(pixels[j].h + r * p.dilationH, p.H, p.upH);
      in[j] = pixels[j].valid && d >= 0 && h >= 0;
      lines[j] = x + pixels[j].image + c * p.xC + (d * p.H + h) * p.W * p.xPixel;
    }
    for (int s = 0; s < p.S; s++) {
      float inputs[PIXELS];
#pragma unroll
      for (int j = 0; j < PIXELS; j++) {
        int at = source(pixels[j].w + s * p.dilationW, p.W, p.upW);
        inputs[j] = in[j] && at >= 0 ? lines[j][at * p.xPixel] : 0;
      }
#pragma unroll
      for (int four = 0; four < TILE_K / 4; four++) {
        float4 weight = weights[four];
#pragma unroll
        for (int j = 0; j < PIXELS; j++) {
          sums[j][4 * four] = fmaf(inputs[j], weight.x, sums[j][4 * four]);
          sums[j][4 * four + 1] = fmaf(inputs[j], weight.y, sums[j][4 * four + 1]);
          sums[j][4 * four + 2] = fmaf(inputs[j], weight.z, sums[j][4 * four + 2]);
          sums[j][4 * four + 3] = fmaf(inputs[j], weight.w, sums[j][4 * four + 3]);
        }
      }
      weights += TILE_K / 4;
    }
  }
  __syncthreads();  // the last readers of weights from the results
#pragma unroll
  for (int j = 0; j < PIXELS; j++) {
#pragma unroll
    for (int k = 0; k < TILE_K; k++) {
      memory.results[j * TILE_K + k][threadIdx.x] = sums[j][k];
    }
  }
  // A thread reads its own results only: no barrier.
  bool together = p.yC == 1 && p.K % 4 == 0;
#pragma unroll
  for (int j = 0; j < PIXELS; j++) {
#pragma unroll 1
    for (int k = 0; k < TILE_K && k0 + k < p.K && pixels[j].valid; k += 4) {
      float four[4];
#pragma unroll
      for (int n = 0; n < 4; n++) {
        four[n] = memory.results[j * TILE_K + k + n][threadIdx.x];
      }
      int channel = g * p.K + k0 + k;
      finishFour(p, four, min(4, p.K - k0 - k), together, channel, 1, pixels[j].y + channel * p.yC, p.yC, bias,
                 residual, y, quant);
    }
  }
}
