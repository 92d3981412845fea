// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM shaped for a CPU and for planes (NCHW): y[k, npq] = sum over crs of w[k, crs] *
// x[crs, npq]. Lanes run over pixels, which lie side by side in x and in y; the filter is broadcast.
// One work-item is a work-group. It owns TILE_NPQ pixels and up to `split` filters, and walks the sum
// in chunks of TILE_CRS:
//
//              TILE_NPQ = 16 * VECTORS         gather a chunk of x into a panel (private, L1)
//            +-------------------+              for each THREAD_K filters of the range
//   TILE_CRS | [crs][VECTORS]    |                  multiply: THREAD_K x VECTORS vector sums
//            +-------------------+                  after the last chunk, write them
//
// Sums are ordered trs-major, then c, whatever the batch. (Goto and van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", with the operands' roles swapped.)

#ifndef VECTORS
#define VECTORS 3  // vectors of pixels of one work-item
#endif
#ifndef THREAD_K
#define THREAD_K 8  // filters whose sums are in registers: 8 x 3 sums and 4 operands of 32 registers
#endif
#ifndef TILE_CRS
#define TILE_CRS 192  // products of one chunk: a panel of 36 KiB
#endif
#ifndef TILE_K
#define TILE_K 256  // most filters of one work-item
#endif
#define TILE_NPQ (16 * VECTORS)

#if TILE_K % THREAD_K != 0
#error "THREAD_K must divide TILE_K"
#endif

#include "cpu_panel.cl"
#include "cpu_filter.cl"

#if LAYOUT != NCHW
#error "pixels lie side by side in NCHW only"
#endif

#if Y_TYPE == F16
#define LOAD_Y16(p, i) vload_half16(0, (p) + (i))
#define STORE_Y16(v, p, i) vstore_half16_rte(v, 0, (p) + (i))
#elif Y_TYPE == F32
#define LOAD_Y16(p, i) (*(global const ANY16*)((p) + (i)))
#define STORE_Y16(v, p, i) (*(global ANY16*)((p) + (i)) = (v))
#endif

// sums[k][vector] (+)= filter row by panel row, over `count` products. On the way it asks for a quarter
// of the rows that will be gathered next, a line for each product.
inline void multiply(const ACC16* panel, global const ACC_T* w, int count, bool fresh, ACC16* sums,
                     global const X_T* next, int pitch) {
  ACC16 acc[THREAD_K * VECTORS];  // in registers: every index below is a constant once unrolled
#pragma unroll
  for (int j = 0; j < THREAD_K * VECTORS; j++) acc[j] = fresh ? (ACC16)0 : sums[j];
  for (int crs = 0; crs < count; crs++) {
    ACC16 b[VECTORS];
    PREFETCH(next + crs / 4 * pitch + crs % 4 * 16);
#pragma unroll
    for (int v = 0; v < VECTORS; v++) b[v] = panel[crs * VECTORS + v];
#pragma unroll
    for (int k = 0; k < THREAD_K; k++) {
      ACC_T a = w[crs * THREAD_K + k];
#pragma unroll
      for (int v = 0; v < VECTORS; v++) acc[k * VECTORS + v] += b[v] * a;
    }
  }
#pragma unroll
  for (int j = 0; j < THREAD_K * VECTORS; j++) sums[j] = acc[j];
}

// Writes a tile's sums through the epilogue.
inline void writeTile(const ConvParams* p, const ACC16* sums, int npq0, int channel, int filters,
                      global const BIAS_T* bias, global const Y_T* residual, global Y_T* y, global const int* quant) {
  int pixels = p->O * p->P * p->Q;
  for (int v = 0; v < VECTORS; v++) {
    int npq = npq0 + 16 * v;
    int n = npq / pixels;
    int pixel = npq - n * pixels;
#ifdef STORE_Y16
    if (n < p->N && pixel + 16 <= pixels) {
      long at = n * p->yN + channel * p->yC + pixel;
      for (int k = 0; k < filters; k++, at += p->yC) {
        ACC16 sum = sums[k * VECTORS + v];
        if (p->hasBias) sum += LOAD_BIAS(bias, p->biasAt + channel + k);
        if (p->hasResidual) sum += LOAD_Y16(residual, p->residualAt + at);
        if (p->activation != 0) sum = activate16(sum, p);
        STORE_Y16(sum, y, p->yAt + at);
      }
      continue;
    }
#endif
    for (int j = 0; j < 16 && n < p->N; j++) {
      for (int k = 0; k < filters; k++) {
        long at = n * p->yN + (channel + k) * p->yC + pixel;
        finish(p, ((const ACC_T*)(sums + k * VECTORS + v))[j], channel + k, at, bias, residual, y, quant);
      }
      if (++pixel == pixels) {
        pixel = 0;
        n++;
      }
    }
  }
}

// work-groups: pixel tiles x ranges of filters x groups
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void plane_gemm_cpu(
    const ConvParams p, global const X_T* x, global const ACC_T* w, global const BIAS_T* bias,
    global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int npq0 = get_group_id(0) * TILE_NPQ;
  int g = get_group_id(2);
  int kRange = p.split;  // filters of one work-item, a multiple of THREAD_K
  int k0 = get_group_id(1) * kRange;
  int kTiles = CEIL_DIV(min(kRange, p.K - k0), THREAD_K);
  int taps = p.T * p.R * p.S;
  int products = taps * p.C;
  x += p.xAt + (long)g * p.C * p.xC;
  w += p.wAt + ((long)g * CEIL_DIV(p.K, THREAD_K) + k0 / THREAD_K) * products * THREAD_K;

  ACC16 panel[TILE_CRS * VECTORS];
  Pixels pixels[VECTORS];
  for (int v = 0; v < VECTORS; v++) pixelsFrom(&p, g, npq0 + 16 * v, 16, &pixels[v]);
  ACC16 sums[TILE_K / THREAD_K][THREAD_K * VECTORS];
  for (int crs0 = 0; crs0 < products; crs0 += TILE_CRS) {
    int count = min(TILE_CRS, products - crs0);
    bool last = crs0 + count == products;
    for (int v = 0; v < VECTORS; v++) gatherChunk(&p, x, &pixels[v], crs0, count, panel + v, VECTORS);
    // With more than one tap most of x is in a cache already.
    int ahead = pixels[0].first + (last ? TILE_NPQ * p.strideW : (crs0 + count) * (int)p.xC);
    for (int a = 0; a < kTiles; a++) {
      bool useful = taps == 1 && a < 4;
      global const X_T* next = useful ? x + ahead + a * count / 4 * (int)p.xC : x;
      multiply(panel, w + ((long)a * products + crs0) * THREAD_K, count, crs0 == 0, sums[a], next,
               useful ? (int)p.xC : 0);
      int k = k0 + a * THREAD_K;
      if (last) writeTile(&p, sums[a], npq0, g * p.K + k, min(THREAD_K, p.K - k), bias, residual, y, quant);
    }
  }
}
