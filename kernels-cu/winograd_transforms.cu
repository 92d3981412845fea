// SPDX-License-Identifier: Apache-2.0
//
// Winograd F(TILE x TILE, 3x3): TILE^2 outputs of a 3x3 filter by POINTS^2 products instead of 9 TILE^2. The filter and
// each input tile are evaluated at POINTS points along both axes; between them stand POINTS^2 matrix products, which
// are groups of one pointwise convolution and computed as such:
//
//   transform_filter   U[e][k][c]     = (G g G^T)[e]
//   transform_input    V[e][c][tile]  = (B^T d B)[e]      d: the input under an output tile; NHWC: [tile][e][c]
//   (pointwise)        M[e][k][tile]  = sum over c of U V                                    NHWC: [tile][e][k]
//   transform_output   y              = A^T M A, and the epilogue
//
// c and k count over all groups. Images p.first to p.first + p.split - 1 are in the workspace at a time. (Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks"; the points of F(4, 3), 0, +-A, +-B and infinity, are those
// of Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution".)

#include "common.cuh"

#ifndef TILE
#define TILE 2  // outputs of a tile along an axis
#endif
#if TILE != 2 && TILE != 4
#error "there are transforms for tiles of 2 and 4"
#endif
#define POINTS (TILE + 2)

#define A 0.625f
#define B 1.5f

// The transforms along one axis. Points are 0, 1, -1, infinity or 0, A, -A, B, -B, infinity.
__device__ __forceinline__ void filterAlong(const float (&g)[3], float (&u)[POINTS]) {
#if TILE == 2
  u[0] = g[0];
  u[1] = 0.5f * (g[0] + g[1] + g[2]);
  u[2] = 0.5f * (g[0] - g[1] + g[2]);
  u[3] = g[2];
#else
  constexpr float ofA = 1 / (2 * A * A * (A * A - B * B));
  constexpr float ofB = 1 / (2 * B * B * (B * B - A * A));
  float evenA = g[0] + A * A * g[2], evenB = g[0] + B * B * g[2];
  u[0] = g[0] * (1 / (A * A * B * B));
  u[1] = ofA * (evenA + A * g[1]);
  u[2] = ofA * (evenA - A * g[1]);
  u[3] = ofB * (evenB + B * g[1]);
  u[4] = ofB * (evenB - B * g[1]);
  u[5] = g[2];
#endif
}

__device__ __forceinline__ void inputAlong(const float (&d)[POINTS], float (&v)[POINTS]) {
#if TILE == 2
  v[0] = d[0] - d[2];
  v[1] = d[1] + d[2];
  v[2] = d[2] - d[1];
  v[3] = d[1] - d[3];
#else
  float evenA = d[4] - B * B * d[2], oddA = A * (d[3] - B * B * d[1]);
  float evenB = d[4] - A * A * d[2], oddB = B * (d[3] - A * A * d[1]);
  v[0] = A * A * B * B * d[0] - (A * A + B * B) * d[2] + d[4];
  v[1] = evenA + oddA;
  v[2] = evenA - oddA;
  v[3] = evenB + oddB;
  v[4] = evenB - oddB;
  v[5] = A * A * B * B * d[1] - (A * A + B * B) * d[3] + d[5];
#endif
}

__device__ __forceinline__ void outputAlong(const float (&m)[POINTS], float (&y)[TILE]) {
#if TILE == 2
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
#else
  float sumA = m[1] + m[2], differenceA = m[1] - m[2];
  float sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = A * differenceA + B * differenceB;
  y[2] = A * A * sumA + B * B * sumB;
  y[3] = A * A * A * differenceA + B * B * B * differenceB + m[5];
#endif
}

// The images in the workspace as tiles, and where a channel's tile is at a point.
struct Tiles {
  int rows, columns, count, padded;  // count is rounded up to whole vectors
  bool channelsLast;
};

__device__ __forceinline__ Tiles tilesOf(const ConvParams& p) {
  Tiles tiles;
  tiles.rows = CEIL_DIV(p.P, TILE);
  tiles.columns = CEIL_DIV(p.Q, TILE);
  tiles.count = p.split * tiles.rows * tiles.columns;
  tiles.padded = CEIL_DIV(tiles.count, 4) * 4;
  tiles.channelsLast = p.channelsLast;
  return tiles;
}

__device__ __forceinline__ int placeOf(const Tiles& tiles, int channels, int point, int channel, int tile) {
  return tiles.channelsLast ? (tile * POINTS * POINTS + point) * channels + channel
                            : (point * channels + channel) * tiles.padded + tile;
}

// A thread's channel and tile: neighbouring threads go along what lies together.
__device__ __forceinline__ bool share(const Tiles& tiles, int channels, int& channel, int& tile) {
  long long index = (long long)blockIdx.x * THREADS + threadIdx.x;
  if (index >= (long long)channels * tiles.padded) {
    return false;
  }
  channel = (int)(tiles.channelsLast ? index % channels : index / tiles.padded);
  tile = (int)(tiles.channelsLast ? index / channels : index % tiles.padded);
  return true;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    transform_filter(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias,
                     const void* residual, void* y, float* packed, const int* quant) {
  int index = blockIdx.x * THREADS + threadIdx.x;
  int filters = p.G * p.K;
  if (index >= filters * p.C) {
    return;
  }
  int k = index / p.C, c = index % p.C;
  const float* filter = w + p.wBase + k / p.K * p.wG + k % p.K * p.wK + c * p.wC;
  float columns[POINTS][3];
#pragma unroll
  for (int s = 0; s < 3; s++) {
    float along[POINTS];
    float taps[3] = {filter[s * p.wTap], filter[(3 + s) * p.wTap], filter[(6 + s) * p.wTap]};
    filterAlong(taps, along);
#pragma unroll
    for (int i = 0; i < POINTS; i++) {
      columns[i][s] = along[i];
    }
  }
#pragma unroll
  for (int i = 0; i < POINTS; i++) {
    float along[POINTS];
    filterAlong(columns[i], along);
#pragma unroll
    for (int j = 0; j < POINTS; j++) {
      packed[(i * POINTS + j) * filters * p.C + index] = along[j];
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    transform_input(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias,
                    const void* residual, void* y, float* workspace, const int* quant) {
  Tiles tiles = tilesOf(p);
  int channels = p.G * p.C;
  int channel, tile;
  if (!share(tiles, channels, channel, tile)) {
    return;
  }
  int h = tile / tiles.columns % tiles.rows * TILE - p.padH;
  int first = tile % tiles.columns * TILE - p.padW;
  int n = p.first + tile / tiles.columns / tiles.rows;
  const float* image = x + n * p.xN + channel * p.xC;
  float d[POINTS][POINTS];
#pragma unroll
  for (int i = 0; i < POINTS; i++) {
    float line[POINTS];
#pragma unroll
    for (int j = 0; j < POINTS; j++) {
      // The tiles that fill the last vector are zeros.
      bool in = tile < tiles.count && (unsigned)(h + i) < (unsigned)p.H && (unsigned)(first + j) < (unsigned)p.W;
      line[j] = in ? image[((h + i) * p.W + first + j) * p.xPixel] : 0;
    }
    inputAlong(line, d[i]);
  }
#pragma unroll
  for (int j = 0; j < POINTS; j++) {
    float line[POINTS], v[POINTS];
#pragma unroll
    for (int i = 0; i < POINTS; i++) {
      line[i] = d[i][j];
    }
    inputAlong(line, v);
#pragma unroll
    for (int i = 0; i < POINTS; i++) {
      workspace[placeOf(tiles, channels, i * POINTS + j, channel, tile)] = v[i];
    }
  }
}

// Here `products` is M.
extern "C" __global__ void __launch_bounds__(THREADS)
    transform_output(const __grid_constant__ ConvParams p, const float* x, const float* w, const void* bias,
                     const void* residual, void* y, const float* products, const int* quant) {
  Tiles tiles = tilesOf(p);
  int channels = p.G * p.K;
  int channel, tile;
  if (!share(tiles, channels, channel, tile) || tile >= tiles.count) {
    return;
  }
  float columns[TILE][POINTS];
#pragma unroll
  for (int j = 0; j < POINTS; j++) {
    float m[POINTS], along[TILE];
#pragma unroll
    for (int i = 0; i < POINTS; i++) {
      m[i] = products[placeOf(tiles, channels, i * POINTS + j, channel, tile)];
    }
    outputAlong(m, along);
#pragma unroll
    for (int i = 0; i < TILE; i++) {
      columns[i][j] = along[i];
    }
  }
  float results[TILE][4] = {};
#pragma unroll
  for (int i = 0; i < TILE; i++) {
    float along[TILE];
    outputAlong(columns[i], along);
#pragma unroll
    for (int j = 0; j < TILE; j++) {
      results[i][j] = along[j];
    }
  }
  int row = tile / tiles.columns % tiles.rows * TILE;
  int q = tile % tiles.columns * TILE;
  long long n = p.first + tile / tiles.columns / tiles.rows;
  bool together = TILE == 4 && p.yPixel == 1 && p.Q % 4 == 0;
#pragma unroll 1
  for (int i = 0; i < TILE && row + i < p.P; i++) {
    long long at = n * p.yN + channel * p.yC + ((long long)(row + i) * p.Q + q) * p.yPixel;
    finishFour(p, results[0], min(TILE, p.Q - q), together, channel, 0, at, p.yPixel, bias, residual, y, quant);
    // The next row moves to the front, so that no register is indexed.
#pragma unroll
    for (int j = 0; j < (TILE - 1) * 4; j++) {
      results[j / 4][j % 4] = results[j / 4 + 1][j % 4];
    }
  }
}
