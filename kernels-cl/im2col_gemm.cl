// SPDX-License-Identifier: Apache-2.0
//
// The explicit form: im2col writes columns[g][crs][pixel] for a run of pixels, im2col_gemm
// multiplies the filter with it. The host walks over the pixels in runs of `split`, starting at
// `first`, so that scratch stays small. (Chellapilla, Puri and Simard, "High Performance
// Convolutional Neural Networks for Document Processing".)

#include "common.cl"

// Pixel p.first + i of the run, or a zero where the filter reaches beyond the input.
kernel void im2col(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                   global const Y_T* residual, global Y_T* y, global ACC_T* columns, global const int* quant) {
  int i = get_global_id(0);
  int crs = get_global_id(1);
  int g = get_global_id(2);
  int npq = p.first + i;
  if (i >= p.split || npq >= p.N * p.O * p.P * p.Q) return;
  int taps = p.T * p.R * p.S;
  int c = crs / taps, tap = crs - c * taps;
  int q = npq % p.Q, a = npq / p.Q % p.P, rest = npq / p.Q / p.P;
  int o = rest % p.O, n = rest / p.O;
  int d = source(o * p.strideD - p.padD + tap / p.S / p.R * p.dilationD, p.D, p.upD, p.border);
  int h = source(a * p.strideH - p.padH + tap / p.S % p.R * p.dilationH, p.H, p.upH, p.border);
  int column = source(q * p.strideW - p.padW + tap % p.S * p.dilationW, p.W, p.upW, p.border);
  ACC_T v = 0;
  if (d >= 0 && h >= 0 && column >= 0) {
    v = LOAD_X(x, p.xAt + n * p.xN + (g * p.C + c) * p.xC + ((d * p.H + h) * p.W + column) * p.xPixel);
#if X_TYPE >= I8
    v -= p.xZero;
#endif
  }
  columns[p.workspaceAt + ((long)g * p.C * taps + crs) * p.split + i] = v;
}

typedef struct {
  const ConvParams* p;
  global const ACC_T* columns;
  global const W_T* w;
  int g, run;
#if X_TYPE >= I8
  global const int* quant;
#endif
} Operands;

#define A_ROWS_FIRST 0
#define B_COLUMNS_FIRST 1

inline int4 columnOf(const Operands* o, int i) { return i < o->run ? (int4)(i, 0, 0, 0) : (int4)NOWHERE; }

inline int4 productOf(const Operands* o, int crs, int end, local int* inA) {
  int taps = o->p->T * o->p->R * o->p->S;
  int c = crs / taps;
  *inA = c * (int)o->p->wC + (crs - c * taps) * (int)o->p->wTap;
  return crs < end ? (int4)(crs * o->p->split, 0, 0, 0) : (int4)NOWHERE;
}

inline ACC_T loadA(const Operands* o, int k, int at) {
  ACC_T v = LOAD_W(o->w, k * (int)o->p->wK + at);
#if X_TYPE >= I8
  v -= o->quant[o->g * o->p->K + k];
#endif
  return v;
}

inline ACC_T loadB(const Operands* o, int4 pixel, int4 row) { return o->columns[row.x + pixel.x]; }

#include "gemm_tile.cl"

// work-groups: pixel tiles of the run x filter tiles x groups
kernel __attribute__((reqd_work_group_size(ITEMS_NPQ, ITEMS_K, 1))) void im2col_gemm(
    const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias, global const Y_T* residual,
    global Y_T* y, global ACC_T* columns, global const int* quant) {
  int pixels = p.O * p.P * p.Q;
  int products = p.C * p.T * p.R * p.S;
  Operands o;
  o.p = &p;
  o.g = get_group_id(2);
  o.run = min(p.split, p.N * pixels - p.first);
  o.columns = columns + p.workspaceAt + (long)o.g * products * p.split;
  o.w = w + p.wAt + p.wBase + o.g * p.wG;
#if X_TYPE >= I8
  o.quant = quant;
#endif
  int row0 = get_group_id(1) * TILE_K;
  int column0 = get_group_id(0) * TILE_NPQ;
  local Tiles tiles;
  ACC_T sums[THREAD_K][THREAD_NPQ];
  gemmTile(&o, row0, p.K, column0, 0, products, &tiles, sums);
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) {
      int k = row0 + ITEM_Y + i * ITEMS_K;
      int column = column0 + ITEM_X + j * ITEMS_NPQ;
      if (k >= p.K || column >= o.run) continue;
      int npq = p.first + column;
      int n = npq / pixels;
      long at = n * p.yN + (o.g * p.K + k) * p.yC + (npq - n * pixels) * p.yPixel;
      finish(&p, sums[i][j], o.g * p.K + k, at, bias, residual, y, quant);
    }
}
