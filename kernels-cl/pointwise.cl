// SPDX-License-Identifier: Apache-2.0
//
// 1x1 filter, stride 1, no padding: y[k, npq] = sum over c of w[k, c] * x[c, npq], a plain matrix
// product. Pixels and channels lie at fixed distances, so an element costs one addition to find.

#include "common.cl"

typedef struct {
  const ConvParams* p;
  global const X_T* x;
  global const W_T* w;
  int g, columns;
#if X_TYPE >= I8
  global const int* quant;
#endif
} Operands;

#define A_ROWS_FIRST 0
#define B_COLUMNS_FIRST (LAYOUT == NCHW)

inline int4 columnOf(const Operands* o, int npq) {
  const ConvParams* p = o->p;
  int pixels = p->O * p->P * p->Q;
  int n = npq / pixels;
  return npq < o->columns ? (int4)(n * (int)p->xN + (npq - n * pixels) * (int)p->xPixel, 0, 0, 0) : (int4)NOWHERE;
}

inline int4 productOf(const Operands* o, int c, int end, local int* inA) {
  *inA = c * (int)o->p->wC;
  return c < end ? (int4)(c * (int)o->p->xC, 0, 0, 0) : (int4)NOWHERE;
}

inline ACC_T loadA(const Operands* o, int k, int at) {
  ACC_T v = LOAD_W(o->w, k * (int)o->p->wK + at);
#if X_TYPE >= I8
  v -= o->quant[o->g * o->p->K + k];
#endif
  return v;
}

inline ACC_T loadB(const Operands* o, int4 pixel, int4 channel) {
  ACC_T v = LOAD_X(o->x, pixel.x + channel.x);
#if X_TYPE >= I8
  v -= o->p->xZero;
#endif
  return v;
}

#include "gemm_tile.cl"

// work-groups: pixel tiles x filter tiles x groups
kernel __attribute__((reqd_work_group_size(ITEMS_NPQ, ITEMS_K, 1))) void pointwise(
    const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias, global const Y_T* residual,
    global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int pixels = p.O * p.P * p.Q;
  Operands o;
  o.p = &p;
  o.g = get_group_id(2);
  o.columns = p.N * pixels;
  o.x = x + p.xAt + (long)o.g * p.C * p.xC;
  o.w = w + p.wAt + p.wBase + o.g * p.wG;
#if X_TYPE >= I8
  o.quant = quant;
#endif
  int row0 = get_group_id(1) * TILE_K;
  int column0 = get_group_id(0) * TILE_NPQ;
  local Tiles tiles;
  ACC_T sums[THREAD_K][THREAD_NPQ];
  gemmTile(&o, row0, p.K, column0, 0, p.C, &tiles, sums);
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) {
      int k = row0 + ITEM_Y + i * ITEMS_K;
      int npq = column0 + ITEM_X + j * ITEMS_NPQ;
      if (k >= p.K || npq >= o.columns) continue;
      int n = npq / pixels;
      long at = n * p.yN + (o.g * p.K + k) * p.yC + (npq - n * pixels) * p.yPixel;
      finish(&p, sums[i][j], o.g * p.K + k, at, bias, residual, y, quant);
    }
}
