// SPDX-License-Identifier: Apache-2.0
//
// Depthwise: every input channel has filters of its own, so there is no matrix to tile and memory
// is the limit. Forward and backward-data: one work-item owns THREAD_Q pixels of a row of one
// channel; work-items of a group are neighbours in memory. Backward-filter: one work-group owns one
// weight; its items take every ITEMS-th pixel and are added pairwise in a fixed order.

#include "common.cl"

#ifndef THREAD_Q
#define THREAD_Q 4  // pixels of one work-item
#endif
#ifndef ITEMS
#define ITEMS 64  // work-items of a group
#endif

#if (ITEMS & (ITEMS - 1)) != 0
#error "ITEMS must be a power of two"
#endif

#if DIRECTION == BACKWARD_FILTER
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void depthwise(const ConvParams p, global const X_T* x,
                                                                         global const W_T* w, global const BIAS_T* bias,
                                                                         global const Y_T* residual, global Y_T* y,
                                                                         global ACC_T* workspace,
                                                                         global const int* quant) {
  int taps = p.T * p.R * p.S;
  int tap = get_group_id(0) % taps;
  int k = get_group_id(0) / taps;
  int g = k / p.K;
  int item = get_local_id(0);
  int t = tap / p.S / p.R * p.dilationD - p.padD;
  int r = tap / p.S % p.R * p.dilationH - p.padH;
  int s = tap % p.S * p.dilationW - p.padW;
  int pixels = p.O * p.P * p.Q;
  x += p.xAt + g * p.xC;
  w += p.wAt + k * p.yC;
  ACC_T sum = 0;
  for (int npq = item; npq < p.N * pixels; npq += ITEMS) {
    int n = npq / pixels, pixel = npq - n * pixels;
    int d = resolve(pixel / p.Q / p.P * p.strideD + t, p.D, p.border);
    int h = resolve(pixel / p.Q % p.P * p.strideH + r, p.H, p.border);
    int column = resolve(pixel % p.Q * p.strideW + s, p.W, p.border);
    if (d >= 0 && h >= 0 && column >= 0)
      sum = MULTIPLY_ADD(LOAD_X(x, n * p.xN + ((d * p.H + h) * p.W + column) * p.xPixel),
                         LOAD_W(w, n * p.yN + pixel * p.yPixel), sum);
  }
  local ACC_T sums[ITEMS];
  sums[item] = sum;
  for (int half_ = ITEMS / 2; half_ > 0; half_ /= 2) {
    // The sums of the previous round are complete before any is added to another.
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < half_) sums[item] += sums[item + half_];
  }
  if (item == 0) finish(&p, sums[0], 0, p.wBase + g * p.wG + k % p.K * p.wK + tap * p.wTap, bias, residual, y, quant);
}
#else
kernel void depthwise(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                      global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int id = get_global_id(0);
  int channels = p.G * p.K;
  int runs = CEIL_DIV(p.Q, THREAD_Q);
#if LAYOUT == NHWC
  int channel = id % channels, rest = id / channels;
  int run = rest % runs, row = rest / runs;
#else
  int run = id % runs, rest = id / runs;
  int row = rest % (p.O * p.P);
  rest /= p.O * p.P;
  int channel = rest % channels;
  row += rest / channels * p.O * p.P;
#endif
  int a = row % p.P, o = row / p.P % p.O, n = row / p.P / p.O;
  if (n >= p.N) return;
  int g = channel / p.K;
  int q0 = run * THREAD_Q;
  x += p.xAt + n * p.xN + (long)g * p.C * p.xC;
  w += p.wAt + p.wBase + g * p.wG + channel % p.K * p.wK;
  ACC_T sums[THREAD_Q];
  for (int j = 0; j < THREAD_Q; j++) sums[j] = 0;
  for (int c = 0; c < p.C; c++)
    for (int t = 0; t < p.T; t++) {
      int d = source(o * p.strideD - p.padD + t * p.dilationD, p.D, p.upD, p.border);
      for (int r = 0; d >= 0 && r < p.R; r++) {
        int h = source(a * p.strideH - p.padH + r * p.dilationH, p.H, p.upH, p.border);
        for (int s = 0; h >= 0 && s < p.S; s++) {
          ACC_T b = LOAD_W(w, c * p.wC + ((t * p.R + r) * p.S + s) * p.wTap);
#if X_TYPE >= I8
          b -= quant[channel];
#endif
          for (int j = 0; j < THREAD_Q; j++) {
            int at = (q0 + j) * p.strideW - p.padW + s * p.dilationW;
            int column = q0 + j < p.Q ? source(at, p.W, p.upW, p.border) : -1;
            if (column < 0) continue;
            ACC_T v = LOAD_X(x, c * p.xC + ((d * p.H + h) * p.W + column) * p.xPixel);
#if X_TYPE >= I8
            v -= p.xZero;
#endif
            sums[j] = MULTIPLY_ADD(v, b, sums[j]);
          }
        }
      }
    }
  for (int j = 0; j < THREAD_Q && q0 + j < p.Q; j++) {
    int pixel = (o * p.P + a) * p.Q + q0 + j;
    finish(&p, sums[j], channel, n * p.yN + channel * p.yC + pixel * p.yPixel, bias, residual, y, quant);
  }
}
#endif
