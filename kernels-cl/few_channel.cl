// SPDX-License-Identifier: Apache-2.0
//
// The first layer of a network: few channels, a filter of some size. The sum is short, so tiles of
// it would be mostly edges. A work-group stages the weights of TILE_K filters in local memory; each
// work-item owns one pixel and all TILE_K sums of it, and reads every element of x once.

#include "common.cl"

#ifndef TILE_K
#define TILE_K 16  // filters of a work-group, sums of a work-item
#endif
#ifndef ITEMS
#define ITEMS 64  // work-items of a group: pixels
#endif
#ifndef TILE_W
#define TILE_W 4096  // weights that fit the staging area
#endif

// work-groups: pixel tiles x filter tiles x groups
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void few_channel(
    const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias, global const Y_T* residual,
    global Y_T* y, global ACC_T* workspace, global const int* quant) {
  local ACC_T weights[TILE_W];
  int pixels = p.O * p.P * p.Q;
  int taps = p.T * p.R * p.S;
  int g = get_group_id(2);
  int k0 = get_group_id(1) * TILE_K;
  w += p.wAt + p.wBase + g * p.wG;
  for (int i = get_local_id(0); i < p.C * taps * TILE_K; i += ITEMS) {
    int k = k0 + i % TILE_K, crs = i / TILE_K;
    int c = crs / taps, tap = crs - c * taps;
    ACC_T v = 0;
    if (k < p.K) {
      v = LOAD_W(w, k * p.wK + c * p.wC + tap * p.wTap);
#if X_TYPE >= I8
      v -= quant[g * p.K + k];
#endif
    }
    weights[i] = v;
  }
  // The weights are complete before any item reads them.
  barrier(CLK_LOCAL_MEM_FENCE);
  int npq = get_global_id(0);
  if (npq >= p.N * pixels) return;
  int n = npq / pixels, pixel = npq - n * pixels;
  int q0 = pixel % p.Q * p.strideW - p.padW;
  int a0 = pixel / p.Q % p.P * p.strideH - p.padH;
  int o0 = pixel / p.Q / p.P * p.strideD - p.padD;
  x += p.xAt + n * p.xN + (long)g * p.C * p.xC;
  ACC_T sums[TILE_K];
  for (int k = 0; k < TILE_K; k++) sums[k] = 0;
  for (int c = 0; c < p.C; c++)
    for (int t = 0; t < p.T; t++) {
      int d = source(o0 + t * p.dilationD, p.D, p.upD, p.border);
      for (int r = 0; d >= 0 && r < p.R; r++) {
        int h = source(a0 + r * p.dilationH, p.H, p.upH, p.border);
        for (int s = 0; h >= 0 && s < p.S; s++) {
          int column = source(q0 + s * p.dilationW, p.W, p.upW, p.border);
          if (column < 0) continue;
          ACC_T v = LOAD_X(x, c * p.xC + ((d * p.H + h) * p.W + column) * p.xPixel);
#if X_TYPE >= I8
          v -= p.xZero;
#endif
          local const ACC_T* row = weights + ((c * p.T + t) * p.R + r) * p.S * TILE_K + s * TILE_K;
          for (int k = 0; k < TILE_K; k++) sums[k] = MULTIPLY_ADD(v, row[k], sums[k]);
        }
      }
    }
  for (int k = 0; k < TILE_K && k0 + k < p.K; k++) {
    int channel = g * p.K + k0 + k;
    finish(&p, sums[k], channel, n * p.yN + channel * p.yC + pixel * p.yPixel, bias, residual, y, quant);
  }
}
