// SPDX-License-Identifier: Apache-2.0
//
// Direct convolution by spatial tiles: a work-group owns ITEMS_P x ITEMS_Q pixels of one plane and
// THREAD_K filters, and stages the input under them, TILE_C channels at a time:
//
//      input tile (local): (ITEMS_P-1)*stride + reach rows, likewise columns; one work-item reads
//      its R*S window of it for every filter, so each element staged serves up to R*S*THREAD_K
//      products. Coordinates are those of the padded, spread-out input: edges are staged as zeros.

#include "common.cl"

#ifndef ITEMS_Q
#define ITEMS_Q 16  // pixels of a work-group along the width
#endif
#ifndef ITEMS_P
#define ITEMS_P 4  // pixels of a work-group along the height
#endif
#ifndef THREAD_K
#define THREAD_K 8  // filters of a work-group, sums of a work-item
#endif
#ifndef TILE_C
#define TILE_C 4  // channels staged at a time
#endif
#ifndef TILE_X
#define TILE_X 4096  // elements that fit the staging area
#endif

// work-groups: (tiles of Q * tiles of P) x filter tiles x (N * G * O)
kernel __attribute__((reqd_work_group_size(ITEMS_Q, ITEMS_P, 1))) void direct(
    const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias, global const Y_T* residual,
    global Y_T* y, global ACC_T* workspace, global const int* quant) {
  local ACC_T tile[TILE_X];
  int tilesQ = CEIL_DIV(p.Q, ITEMS_Q);
  int q0 = get_group_id(0) % tilesQ * ITEMS_Q;
  int a0 = get_group_id(0) / tilesQ * ITEMS_P;
  int k0 = get_group_id(1) * THREAD_K;
  int o = get_group_id(2) % p.O, rest = get_group_id(2) / p.O;
  int g = rest % p.G, n = rest / p.G;
  int lq = get_local_id(0), la = get_local_id(1);
  int item = la * ITEMS_Q + lq;
  int rows = (ITEMS_P - 1) * p.strideH + (p.R - 1) * p.dilationH + 1;
  int columns = (ITEMS_Q - 1) * p.strideW + (p.S - 1) * p.dilationW + 1;
  x += p.xAt + n * p.xN + (long)g * p.C * p.xC;
  w += p.wAt + p.wBase + g * p.wG;
  ACC_T sums[THREAD_K];
  for (int k = 0; k < THREAD_K; k++) sums[k] = 0;
  for (int c0 = 0; c0 < p.C; c0 += TILE_C)
    for (int t = 0; t < p.T; t++) {
      int d = source(o * p.strideD - p.padD + t * p.dilationD, p.D, p.upD, p.border);
      int channels = min(TILE_C, p.C - c0);
      // Every item has read the previous tile before any item overwrites it.
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int i = item; i < channels * rows * columns; i += ITEMS_P * ITEMS_Q) {
        int column = i % columns, row = i / columns % rows, c = c0 + i / columns / rows;
        int h = source(a0 * p.strideH - p.padH + row, p.H, p.upH, p.border);
        int at = source(q0 * p.strideW - p.padW + column, p.W, p.upW, p.border);
        // A replicated or periodic border reaches one extent; beyond lie only unused pixels.
        bool in = d >= 0 && h >= 0 && at >= 0 && h < p.H && at < p.W;
        ACC_T v = 0;
        if (in) {
          v = LOAD_X(x, c * p.xC + ((d * p.H + h) * p.W + at) * p.xPixel);
#if X_TYPE >= I8
          v -= p.xZero;
#endif
        }
        tile[i] = v;
      }
      // The tile is complete before any item reads it.
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int c = 0; c < channels; c++)
        for (int r = 0; r < p.R; r++)
          for (int s = 0; s < p.S; s++) {
            ACC_T v = tile[(c * rows + la * p.strideH + r * p.dilationH) * columns + lq * p.strideW + s * p.dilationW];
            long at = (c0 + c) * p.wC + ((t * p.R + r) * p.S + s) * p.wTap;
            for (int k = 0; k < THREAD_K; k++) {
              ACC_T b = k0 + k < p.K ? LOAD_W(w, at + (k0 + k) * p.wK) : 0;
#if X_TYPE >= I8
              b -= k0 + k < p.K ? quant[g * p.K + k0 + k] : 0;
#endif
              sums[k] = MULTIPLY_ADD(v, b, sums[k]);
            }
          }
    }
  if (q0 + lq >= p.Q || a0 + la >= p.P) return;
  int pixel = (o * p.P + a0 + la) * p.Q + q0 + lq;
  for (int k = 0; k < THREAD_K && k0 + k < p.K; k++) {
    int channel = g * p.K + k0 + k;
    finish(&p, sums[k], channel, n * p.yN + channel * p.yC + pixel * p.yPixel, bias, residual, y, quant);
  }
}
