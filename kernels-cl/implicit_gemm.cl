// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM: y[k, npq] = sum over crs of w[k, crs] * x[crs, npq], where x[crs, npq] is gathered
// while tiles are staged, so that no column matrix exists. For backward-filter the product is
// dw[k, crs] = sum over npq of dy[k, npq] * x[npq, crs], with the two index spaces exchanged.
// With SPLIT each part of a sum goes to the workspace, and reduce_split adds the parts in order.
// Sums run in the order the filter lies in. (Chetlur et al., "cuDNN: Efficient Primitives for Deep
// Learning", section 3.)

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

// A pixel: its image's first element and the coordinates of its first tap.
inline int4 pixelOf(const ConvParams* p, int npq, int end) {
  if (npq >= end) return (int4)NOWHERE;
  int q = npq % p->Q, a = npq / p->Q % p->P, rest = npq / p->Q / p->P;
  int o = rest % p->O, n = rest / p->O;
  return (int4)(n * (int)p->xN, o * p->strideD - p->padD, a * p->strideH - p->padH, q * p->strideW - p->padW);
}

// A tap of a channel: the channel's first element and the tap's place.
inline int4 tapOf(const ConvParams* p, int crs, int end, int* inFilter) {
  if (crs >= end) return (int4)NOWHERE;
#if LAYOUT == NCHW
  int taps = p->T * p->R * p->S;
  int c = crs / taps, tap = crs - c * taps;
#else
  int tap = crs / p->C, c = crs - tap * p->C;
#endif
  *inFilter = c * (int)p->wC + tap * (int)p->wTap;
  return (int4)(c * (int)p->xC, tap / p->S / p->R * p->dilationD, tap / p->S % p->R * p->dilationH,
                tap % p->S * p->dilationW);
}

#if X_TYPE >= I8
#ifdef DOT4
// Bytes as they lie, seen as signed ones.
#define BIAS_B (X_TYPE == U8 ? 128 : 0)
#define OFFSET_B(o) (BIAS_B - (o)->p->xZero)
#define ZERO_B(p) BIAS_B
inline int offsetA(const Operands* o, int k) { return -o->quant[o->g * o->p->K + k]; }
#else
#define ZERO_B(p) (p)->xZero
#endif
#endif

inline ACC_T gather(const Operands* o, int4 pixel, int4 tap) {
  const ConvParams* p = o->p;
  int d = source(pixel.y + tap.y, p->D, p->upD, p->border);
  int h = source(pixel.z + tap.z, p->H, p->upH, p->border);
  int w = source(pixel.w + tap.w, p->W, p->upW, p->border);
#ifdef DOT4
  if (d < 0 || h < 0 || w < 0) return -OFFSET_B(o);
#else
  if (d < 0 || h < 0 || w < 0) return 0;
#endif
  ACC_T v = LOAD_X(o->x, pixel.x + tap.x + ((d * p->H + h) * p->W + w) * (int)p->xPixel);
#if X_TYPE >= I8
  v -= ZERO_B(p);
#endif
  return v;
}

#if DIRECTION == BACKWARD_FILTER
// Rows k, columns crs, products npq.
#define A_ROWS_FIRST (LAYOUT == NHWC)
#define B_COLUMNS_FIRST (LAYOUT == NHWC)

inline int4 columnOf(const Operands* o, int crs) {
  int unused;
  return tapOf(o->p, crs, o->columns, &unused);
}

inline int4 productOf(const Operands* o, int npq, int end, local int* inA) {
  const ConvParams* p = o->p;
  int pixels = p->O * p->P * p->Q;
  int n = npq / pixels;
  *inA = n * (int)p->yN + (npq - n * pixels) * (int)p->yPixel;
  return pixelOf(p, npq, end);
}

inline ACC_T loadA(const Operands* o, int k, int at) { return LOAD_W(o->w, k * (int)o->p->yC + at); }

inline ACC_T loadB(const Operands* o, int4 tap, int4 pixel) { return gather(o, pixel, tap); }

inline long indexOf(const ConvParams* p, int g, int k, int crs) {
  int inFilter = 0;
  tapOf(p, crs, INT_MAX, &inFilter);
  return p->wBase + g * p->wG + k * p->wK + inFilter;
}
#else
// Rows k, columns npq, products crs.
#define A_ROWS_FIRST 0
#define B_COLUMNS_FIRST (LAYOUT == NCHW)

inline int4 columnOf(const Operands* o, int npq) { return pixelOf(o->p, npq, o->columns); }

inline int4 productOf(const Operands* o, int crs, int end, local int* inA) {
  int inFilter = 0;
  int4 tap = tapOf(o->p, crs, end, &inFilter);
  *inA = inFilter;
  return tap;
}

inline ACC_T loadA(const Operands* o, int k, int at) {
  ACC_T v = LOAD_W(o->w, k * (int)o->p->wK + at);
#if X_TYPE >= I8 && !defined(DOT4)
  v -= o->quant[o->g * o->p->K + k];
#endif
  return v;
}

inline ACC_T loadB(const Operands* o, int4 pixel, int4 tap) { return gather(o, pixel, tap); }

inline long indexOf(const ConvParams* p, int g, int k, int npq) {
  int pixels = p->O * p->P * p->Q;
  int n = npq / pixels;
  return n * p->yN + (g * p->K + k) * p->yC + (npq - n * pixels) * p->yPixel;
}
#endif

#include "gemm_tile.cl"

// work-groups: column tiles x row tiles x (groups * split)
kernel __attribute__((reqd_work_group_size(ITEMS_NPQ, ITEMS_K, 1))) void implicit_gemm(
    const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias, global const Y_T* residual,
    global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int part = get_group_id(2) % p.split;
  int pixels = p.N * p.O * p.P * p.Q;
  int taps = p.C * p.T * p.R * p.S;
  Operands o;
  o.p = &p;
  o.g = get_group_id(2) / p.split;
  o.x = x + p.xAt + (long)o.g * p.C * p.xC;
#if DIRECTION == BACKWARD_FILTER
  o.w = w + p.wAt + (long)o.g * p.K * p.yC;
  o.columns = taps;
  int products = pixels;
#else
  o.w = w + p.wAt + p.wBase + o.g * p.wG;
  o.columns = pixels;
  int products = taps;
#endif
#if X_TYPE >= I8
  o.quant = quant;
#endif
  int each = CEIL_DIV(CEIL_DIV(products, TILE_CRS), p.split) * TILE_CRS;
  int begin = min(part * each, products);
  int end = min(begin + each, products);
  int row0 = get_group_id(1) * TILE_K;
  int column0 = get_group_id(0) * TILE_NPQ;
  local Tiles tiles;
  ACC_T sums[THREAD_K][THREAD_NPQ];
  gemmTile(&o, row0, p.K, column0, begin, end, &tiles, sums);
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) {
      int k = row0 + ITEM_Y + i * ITEMS_K;
      int column = column0 + ITEM_X + j * ITEMS_NPQ;
      if (k >= p.K || column >= o.columns) continue;
#ifdef SPLIT
      long row = ((long)part * p.G + o.g) * p.K + k;
      workspace[p.workspaceAt + row * o.columns + column] = sums[i][j];
#else
      finish(&p, sums[i][j], o.g * p.K + k, indexOf(&p, o.g, k, column), bias, residual, y, quant);
#endif
    }
}

#ifdef SPLIT
kernel void reduce_split(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                         global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
#if DIRECTION == BACKWARD_FILTER
  int columns = p.C * p.T * p.R * p.S;
#else
  int columns = p.N * p.O * p.P * p.Q;
#endif
  long id = get_global_id(0);
  long total = (long)p.G * p.K * columns;
  if (id >= total) return;
  ACC_T sum = 0;
  for (int part = 0; part < p.split; part++) sum += workspace[p.workspaceAt + part * total + id];
  int row = (int)(id / columns);
  int column = (int)(id - (long)row * columns);
  finish(&p, sum, row, indexOf(&p, row / p.K, row % p.K, column), bias, residual, y, quant);
}
#endif
