// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM shaped for a CPU: y[k, npq] = sum over crs of w[k, crs] * x[crs, npq], with no local
// memory and no barrier. One work-item is a work-group. It owns TILE_NPQ pixels and up to
// `tileK` filters, and walks the sum in chunks of TILE_CRS:
//
//              TILE_NPQ = PANELS * THREAD_NPQ       gather a chunk of x into panels (private, L2)
//            +------+------+------+------+          for each THREAD_K filters of the range
//   TILE_CRS | [kk][THREAD_NPQ] | ...    |            for each panel
//            +------+------+------+------+              multiply: THREAD_NPQ x 2 vector sums
//
// Lanes run over filters: the packed filter is read as vectors, x is broadcast, so stride, padding
// and dilation cost nothing in the inner loop. Sums are ordered trs-major, then c, whatever the
// layout and the batch. (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication".)

#include "common.cl"

#ifndef THREAD_NPQ
#define THREAD_NPQ 14 // pixels of one panel; with two vectors of sums each, 31 registers of 32
#endif
#ifndef PANELS
#define PANELS 4 // panels a work-item keeps, so that a tile of the filter is read from L1
#endif
#ifndef TILE_CRS
#define TILE_CRS 256 // products of one chunk
#endif
#ifndef TILE_K
#define TILE_K 128 // most filters of one work-item
#endif
#define VEC_K 16
#define THREAD_K (2 * VEC_K)
#define ROW 16 // a panel's row, padded so that it is stored as one vector
#define TILE_NPQ (PANELS * THREAD_NPQ)

#if THREAD_NPQ > ROW
#error "THREAD_NPQ must fit a row of the panel"
#endif
#if TILE_K % THREAD_K != 0
#error "THREAD_K must divide TILE_K"
#endif

#if X_TYPE >= I8
typedef int16 ACC16;
typedef int16 MASK16;
#else
typedef float16 ACC16;
typedef int16 MASK16;
#endif

// One vector of x as ACC_T.
#if X_TYPE == F16
#define LOAD_X16(p, i) vload_half16(0, (p) + (i))
#elif X_TYPE >= I8
#define LOAD_X16(p, i) convert_int16(vload16(0, (p) + (i)))
#else
#define LOAD_X16(p, i) vload16(0, (p) + (i))
#endif

#define HAS_VECTOR_LOAD (X_TYPE != BF16)

// ---- the filter: packed[g][kTile][trs * C + c][THREAD_K], zero beyond K ----

kernel void pack_filter(const ConvParams p, global const X_T *x, global const W_T *w,
                        global const BIAS_T *bias, global const Y_T *residual, global Y_T *y,
                        global ACC_T *packed, global const int *quant) {
  int kTiles = CEIL_DIV(p.K, THREAD_K);
  int taps = p.T * p.R * p.S;
  int tile = get_global_id(0);
  int tap = get_global_id(1);
  int g = tile / kTiles;
  int k0 = tile % kTiles * THREAD_K;
  packed += p.workspaceAt + ((long)tile * taps + tap) * p.C * THREAD_K;
  global const W_T *from = w + p.wAt + p.wBase + g * p.wG + tap * p.wTap;
  for (int c = 0; c < p.C; c++)
    for (int i = 0; i < THREAD_K; i++) {
      int k = k0 + i;
      ACC_T v = 0;
      if (k < p.K) {
        v = LOAD_W(from, k * p.wK + c * p.wC);
#if X_TYPE >= I8
        v -= quant[g * p.K + k];
#endif
      }
      packed[c * THREAD_K + i] = v;
    }
}

// ---- x: one panel of a chunk ----

// Where a tap finds the pixels of a panel: first elements (of channel 0), or -1.
inline void locate(const ConvParams *p, int npq0, int tap, int *at) {
  int s = tap % p->S * p->dilationW - p->padW;
  int r = tap / p->S % p->R * p->dilationH - p->padH;
  int t = tap / p->S / p->R * p->dilationD - p->padD;
  int pixels = p->O * p->P * p->Q;
  int n = npq0 / pixels;
  int rest = npq0 - n * pixels;
  int q = rest % p->Q;
  int a = rest / p->Q % p->P;
  int o = rest / p->Q / p->P;
  for (int j = 0; j < THREAD_NPQ; j++) {
    int d = source(o * p->strideD + t, p->D, p->upD, p->border);
    int h = source(a * p->strideH + r, p->H, p->upH, p->border);
    int column = source(q * p->strideW + s, p->W, p->upW, p->border);
    bool inside = n < p->N && d >= 0 && h >= 0 && column >= 0;
    at[j] = inside ? n * (int)p->xN + ((d * p->H + h) * p->W + column) * (int)p->xPixel : -1;
    if (++q == p->Q) {
      q = 0;
      if (++a == p->P) {
        a = 0;
        if (++o == p->O) {
          o = 0;
          n++;
        }
      }
    }
  }
}

// Whether all pixels a tap finds lie `step` apart; then `*first` is where pixel 0 lies or would lie.
inline bool inStep(const int *at, int step, int *first) {
  int base = INT_MIN;
  bool same = true;
  for (int j = 0; j < THREAD_NPQ; j++) {
    int origin = at[j] - j * step;
    base = at[j] >= 0 && base == INT_MIN ? origin : base;
    same = same && (at[j] < 0 || origin == base);
  }
  *first = base;
  return same;
}

// Copies `count` channels from c0 for one tap into rows of the panel.
inline void gather(const ConvParams *p, global const X_T *x, const int *at, int c0, int count,
                   ACC_T *panel) {
  int xC = (int)p->xC;
#if X_TYPE >= I8
  ACC_T zero = p->xZero;
#else
  ACC_T zero = 0;
#endif
#if HAS_VECTOR_LOAD
  int first;
  int last = p->N * (int)p->xN - 1;
  int from = c0 * xC;
  int to = (c0 + count - 1) * xC;
  if (inStep(at, 1, &first) && first != INT_MIN && first + from >= 0 && first + to + 15 <= last) {
    MASK16 inside;
    int *lanes = (int *)&inside;
    for (int j = 0; j < ROW; j++)
      lanes[j] = j < THREAD_NPQ && at[j] >= 0 ? -1 : 0;
    for (int i = 0; i < count; i++) {
      ACC16 v = LOAD_X16(x, first + from + i * xC) - zero;
      vstore16(select((ACC16)0, v, inside), 0, panel + i * ROW);
    }
    return;
  }
#endif
  for (int j = 0; j < THREAD_NPQ; j++) {
    int a = at[j];
    for (int i = 0; i < count; i++)
      panel[i * ROW + j] = a < 0 ? 0 : LOAD_X(x, a + (c0 + i) * xC) - zero;
  }
}

// ---- sums ----

// sums[j][lane] += panel row by filter row, over `count` products.
inline void multiply(const ACC_T *panel, global const ACC_T *w, int count, ACC16 sums[THREAD_NPQ][2]) {
  for (int kk = 0; kk < count; kk++) {
    ACC16 w0 = vload16(0, w + kk * THREAD_K);
    ACC16 w1 = vload16(1, w + kk * THREAD_K);
#pragma unroll
    for (int j = 0; j < THREAD_NPQ; j++) {
      ACC_T b = panel[kk * ROW + j];
      sums[j][0] += w0 * b;
      sums[j][1] += w1 * b;
    }
  }
}

// Writes the sums of one tile of filters and pixels through the epilogue.
inline void write(const ConvParams *p, ACC16 sums[THREAD_NPQ][2], int npq0, int g, int k0,
                  global const BIAS_T *bias, global const Y_T *residual, global Y_T *y,
                  global const int *quant) {
  int pixels = p->O * p->P * p->Q;
  int kEnd = min(THREAD_K, p->K - k0);
  int jEnd = min(THREAD_NPQ, p->N * pixels - npq0);
  int n = npq0 / pixels;
  int pixel = npq0 - n * pixels;
  ACC_T *all = (ACC_T *)sums;
  for (int j = 0; j < jEnd; j++) {
    int at = n * (int)p->yN + pixel * (int)p->yPixel;
    for (int i = 0; i < kEnd; i++) {
      int channel = g * p->K + k0 + i;
      finish(p, all[j * THREAD_K + i], channel, at + channel * (int)p->yC, bias, residual, y, quant);
    }
    if (++pixel == pixels) {
      pixel = 0;
      n++;
    }
  }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
implicit_gemm_cpu(const ConvParams p, global const X_T *x, global const ACC_T *w,
                  global const BIAS_T *bias, global const Y_T *residual, global Y_T *y,
                  global ACC_T *workspace, global const int *quant) {
  int npq0 = get_group_id(0) * TILE_NPQ;
  int g = get_group_id(2);
  int kRange = p.split; // filters of one work-item, a multiple of THREAD_K
  int k0 = get_group_id(1) * kRange;
  int kTiles = CEIL_DIV(min(kRange, p.K - k0), THREAD_K);
  int taps = p.T * p.R * p.S;
  int products = taps * p.C;
  int panels = min(PANELS, CEIL_DIV(p.N * p.O * p.P * p.Q - npq0, THREAD_NPQ));
  x += p.xAt + (long)g * p.C * p.xC;
  w += p.wAt + ((long)g * CEIL_DIV(p.K, THREAD_K) + k0 / THREAD_K) * products * THREAD_K;

  ACC_T panel[PANELS][TILE_CRS * ROW];
  ACC16 partial[TILE_K / THREAD_K][PANELS][THREAD_NPQ][2];
  for (int crs0 = 0; crs0 < products; crs0 += TILE_CRS) {
    int count = min(TILE_CRS, products - crs0);
    for (int b = 0; b < panels; b++) {
      for (int i = 0; i < count;) {
        int tap = (crs0 + i) / p.C;
        int c = (crs0 + i) - tap * p.C;
        int run = min(p.C - c, count - i);
        int at[THREAD_NPQ];
        locate(&p, npq0 + b * THREAD_NPQ, tap, at);
        gather(&p, x, at, c, run, panel[b] + i * ROW);
        i += run;
      }
    }
    for (int a = 0; a < kTiles; a++) {
      global const ACC_T *tile = w + ((long)a * products + crs0) * THREAD_K;
      for (int b = 0; b < panels; b++) {
        ACC16 sums[THREAD_NPQ][2];
#pragma unroll
        for (int j = 0; j < THREAD_NPQ; j++) {
          sums[j][0] = crs0 == 0 ? (ACC16)0 : partial[a][b][j][0];
          sums[j][1] = crs0 == 0 ? (ACC16)0 : partial[a][b][j][1];
        }
        multiply(panel[b], tile, count, sums);
#pragma unroll
        for (int j = 0; j < THREAD_NPQ; j++) {
          partial[a][b][j][0] = sums[j][0];
          partial[a][b][j][1] = sums[j][1];
        }
      }
    }
  }
  for (int a = 0; a < kTiles; a++)
    for (int b = 0; b < panels; b++)
      write(&p, partial[a][b], npq0 + b * THREAD_NPQ, g, k0 + a * THREAD_K, bias, residual, y, quant);
}
