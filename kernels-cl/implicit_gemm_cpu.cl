// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM shaped for a CPU: y[k, npq] = sum over crs of w[k, crs] * x[crs, npq], with no local
// memory and no barrier. One work-item is a work-group. It owns TILE_NPQ pixels and up to
// `split` filters, and walks the sum in chunks of TILE_CRS:
//
//              TILE_NPQ = PANELS * THREAD_NPQ       gather a chunk of x into panels (private, L2)
//            +------+------+------+------+          for each THREAD_K filters of the range
//   TILE_CRS | [kk][THREAD_NPQ] | ...    |            for each panel
//            +------+------+------+------+              multiply: THREAD_NPQ x 2 vector sums
//
// Lanes run over filters: the packed filter is read as vectors, x is broadcast, so stride, padding
// and dilation cost nothing in the inner loop. Sums are ordered trs-major, then c, whatever the
// layout and the batch. (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication".)

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
#define ROW 16  // a panel's row: one vector, of which THREAD_NPQ lanes are used
#define TILE_NPQ (PANELS * THREAD_NPQ)

#if THREAD_NPQ > ROW || THREAD_NPQ % 2 != 0
#error "THREAD_NPQ must be even and fit a row of the panel"
#endif

#include "cpu_panel.cl"
#include "cpu_multiply.cl"
#include "cpu_filter.cl"

#if TILE_K % THREAD_K != 0
#error "THREAD_K must divide TILE_K"
#endif

DEFINE_MULTIPLY(multiply, private, THREAD_NPQ)
DEFINE_MULTIPLY(multiplyHalf, private, THREAD_NPQ / 2)
#define IN_PLACE (LAYOUT == NCHW && X_TYPE == F32)
#if IN_PLACE
DEFINE_MULTIPLY(multiplyInPlace, global, THREAD_NPQ)
#endif

#if Y_TYPE == F32
#if LAYOUT == NHWC
// One pixel's 16 filters, which lie side by side.
inline void writeVector(const ConvParams* p, ACC16 v, int channel, int at, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y) {
  if (p->hasBias) v += vload16(0, bias + p->biasAt + channel);
  if (p->hasResidual) v += vload16(0, residual + p->residualAt + at + channel);
  *(global ANY16*)(y + p->yAt + at + channel) = activate16(v, p);
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
  *(global ANY16*)y = v;
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
  int wanted = p.N * p.O * p.P * p.Q - npq0;  // pixels
  int panels = min(PANELS, CEIL_DIV(wanted, THREAD_NPQ));
  x += p.xAt + (long)g * p.C * p.xC;
  w += p.wAt + ((long)g * CEIL_DIV(p.K, THREAD_K) + k0 / THREAD_K) * products * THREAD_K;

  ACC16 panel[PANELS][TILE_CRS];
  Pixels pixels[PANELS];
  bool inPlace[PANELS];
  for (int b = 0; b < panels; b++) {
    pixelsFrom(&p, g, npq0 + b * THREAD_NPQ, THREAD_NPQ, &pixels[b]);
    inPlace[b] = IN_PLACE && taps == 1 && isRow(&p, &pixels[b]);
  }
  ACC16 partial[TILE_K / THREAD_K][PANELS][2 * THREAD_NPQ];
  for (int crs0 = 0; crs0 < products; crs0 += TILE_CRS) {
    int count = min(TILE_CRS, products - crs0);
    bool last = crs0 + count == products;
    for (int b = 0; b < panels; b++)
      if (!inPlace[b]) gatherChunk(&p, x, &pixels[b], crs0, count, panel[b], 1);
    for (int a = 0; a < kTiles; a++) {
      global const ACC_T* tile = w + ((long)a * products + crs0) * THREAD_K;
      // Wanted next: the chunk's next tile, or the next chunk's first one.
      long ahead = a + 1 < kTiles ? products : count - (long)a * products;
      for (int b = 0; b < panels; b++) {
        global const ACC_T* next = tile + (ahead + b * count / panels) * THREAD_K;
#if IN_PLACE
        if (inPlace[b])
          multiplyInPlace(x + pixels[b].first + crs0 * (int)p.xC, (int)p.xC, tile, count, crs0 == 0, partial[a][b],
                          next, THREAD_K / panels);
        else
#endif
            if (wanted - b * THREAD_NPQ <= THREAD_NPQ / 2)
          multiplyHalf((const ACC_T*)panel[b], ROW, tile, count, crs0 == 0, partial[a][b], next, THREAD_K / panels);
        else
          multiply((const ACC_T*)panel[b], ROW, tile, count, crs0 == 0, partial[a][b], next, THREAD_K / panels);
        if (last) write(&p, partial[a][b], npq0 + b * THREAD_NPQ, g, k0 + a * THREAD_K, bias, residual, y, quant);
      }
    }
  }
}
