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
#define THREAD_NPQ 14  // pixels of one panel; with two vectors of sums each, 31 registers of 32
#endif
#ifndef PANELS
#define PANELS 4  // panels a work-item keeps, so that a tile of the filter is read from L1
#endif
#ifndef TILE_CRS
#define TILE_CRS 256  // products of one chunk
#endif
#ifndef TILE_K
#define TILE_K 128  // most filters of one work-item
#endif
#define VEC_K 16
#define THREAD_K (2 * VEC_K)
#define ROW 16  // a panel's row, padded so that it is stored as one vector
#define TILE_NPQ (PANELS * THREAD_NPQ)

#if THREAD_NPQ > ROW || THREAD_NPQ % 2 != 0
#error "THREAD_NPQ must be even and fit a row of the panel"
#endif
#if TILE_K % THREAD_K != 0
#error "THREAD_K must divide TILE_K"
#endif

#if X_TYPE >= I8
typedef int16 ACC16;
#else
typedef float16 ACC16;
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

kernel void pack_filter(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y, global ACC_T* packed, global const int* quant) {
  int kTiles = CEIL_DIV(p.K, THREAD_K);
  int taps = p.T * p.R * p.S;
  int tile = get_global_id(0);
  int tap = get_global_id(1);
  int g = tile / kTiles;
  int k0 = tile % kTiles * THREAD_K;
  packed += p.workspaceAt + ((long)tile * taps + tap) * p.C * THREAD_K;
  global const W_T* from = w + p.wAt + p.wBase + g * p.wG + tap * p.wTap;
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

// Turns 16 rows of 16 lanes into columns: four perfect shuffles.
inline void transpose(ACC16* m) {
  ACC16 t[16];
#pragma unroll
  for (int stage = 0; stage < 4; stage++) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      ACC16 a = m[i], b = m[i + 8];
      t[2 * i] =
          (ACC16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7);
      t[2 * i + 1] =
          (ACC16)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf);
    }
#pragma unroll
    for (int i = 0; i < 16; i++) m[i] = t[i];
  }
}

// ---- x: one panel of a chunk ----

#define LANES ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))

// Where the pixels of a panel are: coordinates of their first tap and their image's beginning.
typedef struct {
  int16 d, h, w, image, used;
} Pixels;

inline void pixelsFrom(const ConvParams* p, int npq0, Pixels* at) {
  int pixels = p->O * p->P * p->Q;
  int n = npq0 / pixels;
  int rest = npq0 - n * pixels;
  int q = rest % p->Q, a = rest / p->Q % p->P, o = rest / p->Q / p->P;
  int *d = (int*)&at->d, *h = (int*)&at->h, *w = (int*)&at->w;
  int *image = (int*)&at->image, *used = (int*)&at->used;
  for (int j = 0; j < 16; j++) {
    d[j] = o * p->strideD - p->padD;
    h[j] = a * p->strideH - p->padH;
    w[j] = q * p->strideW - p->padW;
    image[j] = n * (int)p->xN;
    used[j] = j < THREAD_NPQ && n < p->N ? -1 : 0;
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

// The vector form of source(): positions in x, and which of them lie inside.
inline int16 source16(int16 at, int extent, int up, int border, int16* inside) {
  if (up != 1) {
    int16 quotient = at / up;
    *inside &= (at >= 0) & (quotient * up == at);
    at = quotient;
  }
  if (border == BORDER_ZEROS) {
    *inside &= (at >= 0) & (at < extent);
    return at;
  }
  int16 before = border == BORDER_REFLECT ? -at : border == BORDER_REPLICATE ? 0 : at + extent;
  int16 behind = border == BORDER_REFLECT     ? 2 * (extent - 1) - at
                 : border == BORDER_REPLICATE ? extent - 1
                                              : at - extent;
  return select(select(at, before, at < 0), behind, at >= extent);
}

// Where a tap finds the pixels: elements of channel 0. Those not inside are zeros; their elements
// still continue their row's.
inline int16 locate(const ConvParams* p, const Pixels* at, int tap, int16* inside) {
  int s = tap % p->S * p->dilationW;
  int r = tap / p->S % p->R * p->dilationH;
  int t = tap / p->S / p->R * p->dilationD;
  *inside = at->used;
  int16 d = source16(at->d + t, p->D, p->upD, p->border, inside);
  int16 h = source16(at->h + r, p->H, p->upH, p->border, inside);
  int16 w = source16(at->w + s, p->W, p->upW, p->border, inside);
  return at->image + ((d * p->H + h) * p->W + w) * (int)p->xPixel;
}

#if LAYOUT == NCHW && HAS_VECTOR_LOAD
// Copies rows as vectors where the pixels form one or two runs of stride 1 or 2; else returns false.
inline bool gatherRuns(const ConvParams* p, global const X_T* x, int16 at, int16 inside, int c0, int count, ACC_T zero,
                       ACC_T* panel) {
  int xC = (int)p->xC;
  int step = p->strideW;
  if (step > 2 || p->upW != 1) return false;
  int16 origin = at - LANES * step;
  int first = origin.s0;
  int second = ((int*)&origin)[THREAD_NPQ - 1];
  int16 inSecond = (origin == second) & (origin != first);
  if (any(inside & (origin != first) & (origin != second))) return false;
  int reach = 16 * step - 1;
  int lowest = min(first, second) + c0 * xC;
  int highest = max(first, second) + (c0 + count - 1) * xC + reach;
  if (lowest < 0 || highest >= p->N * (int)p->xN) return false;
  x += c0 * xC;
  for (int i = 0; i < count; i++, x += xC, panel += ROW) {
    ACC16 v = LOAD_X16(x, first);
    ACC16 u = LOAD_X16(x, second);
    if (step == 2) {
      ACC16 v2 = LOAD_X16(x, first + 16), u2 = LOAD_X16(x, second + 16);
      v = (ACC16)(v.even, v2.even);
      u = (ACC16)(u.even, u2.even);
    }
    vstore16(select((ACC16)0, select(v, u, inSecond) - zero, inside), 0, panel);
  }
  return true;
}
#endif

// Copies `count` channels from c0 of one tap into rows of the panel.
inline void gather(const ConvParams* p, global const X_T* x, int16 at, int16 inside, int c0, int count, ACC_T* panel) {
#if X_TYPE >= I8
  ACC_T zero = p->xZero;
#else
  ACC_T zero = 0;
#endif
  int i = 0;
#if LAYOUT == NCHW && HAS_VECTOR_LOAD
  if (gatherRuns(p, x, at, inside, c0, count, zero, panel)) return;
#elif HAS_VECTOR_LOAD
  for (; i + 16 <= count; i += 16) {
    ACC16 rows[16];
#pragma unroll
    for (int j = 0; j < 16; j++) rows[j] = ((int*)&inside)[j] ? LOAD_X16(x, ((int*)&at)[j] + c0 + i) - zero : (ACC16)0;
    transpose(rows);
#pragma unroll
    for (int j = 0; j < 16; j++) vstore16(rows[j], j, panel + i * ROW);
  }
#endif
  for (int j = 0; j < THREAD_NPQ; j++) {
    int a = ((int*)&at)[j];
    bool in = ((int*)&inside)[j];
    for (int l = i; l < count; l++) panel[l * ROW + j] = in ? LOAD_X(x, a + (c0 + l) * (int)p->xC) - zero : 0;
  }
}

// ---- sums ----

// sums[j][lane] (+)= panel row by filter row, over `count` products.
inline void multiply(const ACC_T* panel, global const ACC_T* w, int count, bool fresh, ACC16* sums) {
  ACC16 acc[2 * THREAD_NPQ];  // in registers: every index below is a constant once unrolled
#pragma unroll
  for (int j = 0; j < 2 * THREAD_NPQ; j++) acc[j] = fresh ? (ACC16)0 : sums[j];
  for (int kk = 0; kk < count; kk++) {
    ACC16 w0 = vload16(0, w + kk * THREAD_K);
    ACC16 w1 = vload16(1, w + kk * THREAD_K);
#pragma unroll
    for (int j = 0; j < THREAD_NPQ; j++) {
      ACC_T b = panel[kk * ROW + j];
      acc[2 * j] += w0 * b;
      acc[2 * j + 1] += w1 * b;
    }
  }
#pragma unroll
  for (int j = 0; j < 2 * THREAD_NPQ; j++) sums[j] = acc[j];
}

#if Y_TYPE == F32
inline ACC16 activate16(ACC16 v, const ConvParams* p) {
  if (p->activation == 0) return v;
  if (p->activation == 1) return select(v + 0, (ACC16)0, v < 0);
  if (p->activation == 2) return select(select(v, (ACC16)p->beta, v > p->beta), (ACC16)p->alpha, v < p->alpha);
  for (int i = 0; i < 16; i++) ((float*)&v)[i] = activate(((float*)&v)[i], p);
  return v;
}

#if LAYOUT == NHWC
// One pixel's 16 filters, which lie side by side.
inline void writeVector(const ConvParams* p, ACC16 v, int channel, int at, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y) {
  if (p->hasBias) v += vload16(0, bias + p->biasAt + channel);
  if (p->hasResidual) v += vload16(0, residual + p->residualAt + at + channel);
  vstore16(activate16(v, p), 0, y + p->yAt + at + channel);
}
#else
// One filter's THREAD_NPQ pixels, which lie side by side.
inline void writeVector(const ConvParams* p, ACC16 v, int channel, int at, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y) {
  at += channel * (int)p->yC;
  if (p->hasBias) v += bias[p->biasAt + channel];
  if (p->hasResidual)
    for (int j = 0; j < THREAD_NPQ; j++) ((float*)&v)[j] += residual[p->residualAt + at + j];
  v = activate16(v, p);
  y += p->yAt + at;
#if THREAD_NPQ == 16
  vstore16(v, 0, y);
#else
  const float* lane = (const float*)&v;
  if (THREAD_NPQ & 8) vstore8(v.lo, 0, y);
  if (THREAD_NPQ & 4) vstore4(vload4(0, lane + (THREAD_NPQ & 8)), 0, y + (THREAD_NPQ & 8));
  if (THREAD_NPQ & 2) vstore2(vload2(0, lane + (THREAD_NPQ & 12)), 0, y + (THREAD_NPQ & 12));
#endif
}
#endif

// Writes a whole tile within one image.
inline void writeTile(const ConvParams* p, const ACC16* sums, int at, int channel, global const BIAS_T* bias,
                      global const Y_T* residual, global Y_T* y) {
#if LAYOUT == NHWC
  for (int j = 0; j < 2 * THREAD_NPQ; j++)
    writeVector(p, sums[j], channel + j % 2 * VEC_K, at + j / 2 * (int)p->yPixel, bias, residual, y);
#else
  for (int half_ = 0; half_ < 2; half_++) {
    ACC16 rows[16];
#pragma unroll
    for (int j = 0; j < 16; j++) rows[j] = j < THREAD_NPQ ? sums[2 * j + half_] : (ACC16)0;
    transpose(rows);
#pragma unroll
    for (int i = 0; i < 16; i++) writeVector(p, rows[i], channel + half_ * VEC_K + i, at, bias, residual, y);
  }
#endif
}
#endif

// Writes the sums of one tile of filters and pixels through the epilogue.
inline void write(const ConvParams* p, const ACC16* sums, int npq0, int g, int k0, global const BIAS_T* bias,
                  global const Y_T* residual, global Y_T* y, global const int* quant) {
  int pixels = p->O * p->P * p->Q;
  int kEnd = min(THREAD_K, p->K - k0);
  int jEnd = min(THREAD_NPQ, p->N * pixels - npq0);
  int n = npq0 / pixels;
  int pixel = npq0 - n * pixels;
#if Y_TYPE == F32
  if (kEnd == THREAD_K && jEnd == THREAD_NPQ && pixel + THREAD_NPQ <= pixels) {
    int at = n * (int)p->yN + pixel * (int)p->yPixel;
    writeTile(p, sums, at, g * p->K + k0, bias, residual, y);
    return;
  }
#endif
  const ACC_T* all = (const ACC_T*)sums;
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

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void implicit_gemm_cpu(
    const ConvParams p, global const X_T* x, global const ACC_T* w, global const BIAS_T* bias,
    global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int npq0 = get_group_id(0) * TILE_NPQ;
  int g = get_group_id(2);
  int kRange = p.split;  // filters of one work-item, a multiple of THREAD_K
  int k0 = get_group_id(1) * kRange;
  int kTiles = CEIL_DIV(min(kRange, p.K - k0), THREAD_K);
  int taps = p.T * p.R * p.S;
  int products = taps * p.C;
  int panels = min(PANELS, CEIL_DIV(p.N * p.O * p.P * p.Q - npq0, THREAD_NPQ));
  x += p.xAt + (long)g * p.C * p.xC;
  w += p.wAt + ((long)g * CEIL_DIV(p.K, THREAD_K) + k0 / THREAD_K) * products * THREAD_K;

  ACC_T panel[PANELS][TILE_CRS * ROW];
  Pixels pixels[PANELS];
  for (int b = 0; b < panels; b++) pixelsFrom(&p, npq0 + b * THREAD_NPQ, &pixels[b]);
  ACC16 partial[TILE_K / THREAD_K][PANELS][2 * THREAD_NPQ];
  for (int crs0 = 0; crs0 < products; crs0 += TILE_CRS) {
    int count = min(TILE_CRS, products - crs0);
    for (int b = 0; b < panels; b++)
      for (int i = 0; i < count;) {
        int tap = (crs0 + i) / p.C;
        int c = (crs0 + i) - tap * p.C;
        int run = min(p.C - c, count - i);
        int16 inside;
        int16 at = locate(&p, &pixels[b], tap, &inside);
        gather(&p, x, at, inside, c, run, panel[b] + i * ROW);
        i += run;
      }
    for (int a = 0; a < kTiles; a++) {
      global const ACC_T* tile = w + ((long)a * products + crs0) * THREAD_K;
      for (int b = 0; b < panels; b++) multiply(panel[b], tile, count, crs0 == 0, partial[a][b]);
    }
  }
  for (int a = 0; a < kTiles; a++)
    for (int b = 0; b < panels; b++)
      write(&p, partial[a][b], npq0 + b * THREAD_NPQ, g, k0 + a * THREAD_K, bias, residual, y, quant);
}
