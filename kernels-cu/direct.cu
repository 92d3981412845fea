// SPDX-License-Identifier: Apache-2.0
//
// Direct convolution by spatial tiles: a block owns ITEMS_P * PIXELS rows of ITEMS_Q pixels in one plane and THREAD_K
// filters, and stages the input under them with its halo, and the weights, TILE_C channels at a time:
//
//      x [c][row][column]       a thread reads the windows of its PIXELS pixels, ITEMS_P rows apart, one element for
//      weights [c r s][filter]  THREAD_K products each, and weights in vectors of four that all threads share
//
// Coordinates are those of the padded, spread-out input: edges are staged as zeros.

#include "common.cuh"

#ifndef ITEMS_Q
#define ITEMS_Q 16  // pixels of a block along the width
#endif
#ifndef ITEMS_P
#define ITEMS_P 8  // threads of a block along the height
#endif
#ifndef PIXELS
#define PIXELS 2  // pixels of a thread along the height
#endif
#ifndef THREAD_K
#define THREAD_K 16  // filters of a block, sums of a pixel
#endif
#ifndef TILE_C
#define TILE_C 4  // channels staged at a time
#endif
#ifndef TILE_X
#define TILE_X 4608  // elements of x that fit the staging area
#endif
#ifndef WEIGHTS
#define WEIGHTS 3200  // weights that fit
#endif
#ifndef THREADS
#define THREADS 128  // threads of a block
#endif
#if THREADS != ITEMS_P * ITEMS_Q
#error "a thread owns one column of the tile"
#endif
#if THREAD_K % 4 != 0
#error "weights are read in vectors of four"
#endif

struct Tiles {
  float4 weights[WEIGHTS / 4];
  float x[TILE_X];
};
union Memory {
  Tiles tiles;
  float results[THREAD_K * PIXELS][THREADS];  // on their way to y: indexed by a loop, as registers cannot be
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what tiles and results need");

// Where a coordinate lands in x, or -1. `up` is 1 except for backward-data.
__device__ __forceinline__ int source(int at, int extent, int up) {
  if (at < 0 || (up != 1 && at % up != 0)) {
    return -1;
  }
  at = up == 1 ? at : at / up;
  return at < extent ? at : -1;
}

extern "C" __global__ void __launch_bounds__(THREADS, 4)
    direct(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias, const void* residual,
           void* y, void* workspace, const int* quant) {
  SHARED_MEMORY(Memory, memory);
  Tiles& tiles = memory.tiles;
  int tilesQ = CEIL_DIV(p.Q, ITEMS_Q);
  int q0 = blockIdx.x % tilesQ * ITEMS_Q;
  int row0 = blockIdx.x / tilesQ * (ITEMS_P * PIXELS);
  int k0 = blockIdx.y * THREAD_K;
  int o = blockIdx.z % p.O, rest = blockIdx.z / p.O;
  int g = rest % p.G;
  long long n = rest / p.G;
  int q = threadIdx.x % ITEMS_Q, row = threadIdx.x / ITEMS_Q;
  int rows = (ITEMS_P * PIXELS - 1) * p.strideH + (p.R - 1) * p.dilationH + 1;
  int columns = (ITEMS_Q - 1) * p.strideW + (p.S - 1) * p.dilationW + 1;
  int taps = p.R * p.S;
  x += n * p.xN + g * p.C * p.xC;
  w += p.wBase + g * p.wG;
  float sums[PIXELS][THREAD_K] = {};
  for (int turn = 0; turn < CEIL_DIV(p.C, TILE_C) * p.T; turn++) {
    int c0 = turn / p.T * TILE_C, t = turn % p.T;
    int channels = min(TILE_C, p.C - c0);
    int d = source(o * p.strideD - p.padD + t * p.dilationD, p.D, p.upD);
    __syncthreads();  // the previous tiles' readers from these tiles
    for (int i = threadIdx.x; i < channels * rows * columns; i += THREADS) {
      int h = source(row0 * p.strideH - p.padH + i / columns % rows, p.H, p.upH);
      int at = source(q0 * p.strideW - p.padW + i % columns, p.W, p.upW);
      bool in = d >= 0 && h >= 0 && at >= 0;
      const float* from = x + (c0 + i / columns / rows) * p.xC + ((d * p.H + h) * p.W + at) * p.xPixel;
      copyAsync<4>(&tiles.x[i], from, in);
    }
    for (int i = threadIdx.x; i < channels * taps * THREAD_K; i += THREADS) {
      int k = k0 + i % THREAD_K, tap = i / THREAD_K % taps, c = c0 + i / THREAD_K / taps;
      const float* from = w + k * p.wK + c * p.wC + (t * taps + tap) * p.wTap;
      copyAsync<4>(reinterpret_cast<float*>(tiles.weights) + i, from, k < p.K);
    }
    commitCopies();
    waitCopies<0>();
    __syncthreads();  // the tiles from their readers
    const float4* weights = tiles.weights;
    for (int line = 0; line < channels * p.R; line++) {
      int c = line / p.R, r = line % p.R;
      const float* window = &tiles.x[(c * rows + row * p.strideH + r * p.dilationH) * columns + q * p.strideW];
      for (int s = 0; s < p.S; s++) {
        float inputs[PIXELS];
#pragma unroll
        for (int j = 0; j < PIXELS; j++) {
          inputs[j] = window[j * ITEMS_P * p.strideH * columns + s * p.dilationW];
        }
#pragma unroll
        for (int four = 0; four < THREAD_K / 4; four++) {
          float4 weight = weights[four];
#pragma unroll
          for (int j = 0; j < PIXELS; j++) {
            sums[j][4 * four] = fmaf(inputs[j], weight.x, sums[j][4 * four]);
            sums[j][4 * four + 1] = fmaf(inputs[j], weight.y, sums[j][4 * four + 1]);
            sums[j][4 * four + 2] = fmaf(inputs[j], weight.z, sums[j][4 * four + 2]);
            sums[j][4 * four + 3] = fmaf(inputs[j], weight.w, sums[j][4 * four + 3]);
          }
        }
        weights += THREAD_K / 4;
      }
    }
  }
  __syncthreads();  // the last tiles' readers from the results
#pragma unroll
  for (int j = 0; j < PIXELS; j++) {
#pragma unroll
    for (int k = 0; k < THREAD_K; k++) {
      memory.results[j * THREAD_K + k][threadIdx.x] = sums[j][k];
    }
  }
  // A thread reads its own results only: no barrier.
  bool together = p.yC == 1 && p.K % 4 == 0;
#pragma unroll 1
  for (int index = 0; index < PIXELS * THREAD_K; index += 4) {
    int k = k0 + index % THREAD_K;
    int at = row0 + row + index / THREAD_K * ITEMS_P;
    if (k >= p.K || at >= p.P || q0 + q >= p.Q) {
      continue;
    }
    float four[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      four[i] = memory.results[index + i][threadIdx.x];
    }
    int channel = g * p.K + k;
    long long place = n * p.yN + channel * p.yC + ((long long)(o * p.P + at) * p.Q + q0 + q) * p.yPixel;
    finishFour(p, four, min(4, p.K - k), together, channel, 1, place, p.yC, bias, residual, y, quant);
  }
}
