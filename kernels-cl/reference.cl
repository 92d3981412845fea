// SPDX-License-Identifier: Apache-2.0
//
// The last resort: every legal problem of every type, border and direction, with 64-bit indices
// and no scratch. One work-item per result element, sums in the order c, t, r, s.
//
// Here geometry is always that of the forward problem: x, w and y are input, filter and output, and
// the tensor the direction computes is the last pointer. Backward-data with a border other than
// zeros sums over all positions that take their value from an input element.

#include "common.cl"

// How many positions outside may take their value from one input coordinate.
inline int images(int extent, int pad, int padEnd, int border) {
  return border == BORDER_ZEROS ? 1 : border == BORDER_REPLICATE ? 1 + pad + padEnd : 3;
}

// The i-th position that takes its value from coordinate `at`; INT_MIN when there is none.
inline int image(int i, int at, int extent, int pad, int border) {
  if (i == 0) return at;
  int where = border == BORDER_REFLECT    ? (i == 1 ? -at : 2 * (extent - 1) - at)
              : border == BORDER_CIRCULAR ? (i == 1 ? at - extent : at + extent)
              : i <= pad                  ? -i
                                          : extent - 1 + (i - pad);
  bool outside = where < 0 || where >= extent;
  return outside && resolve(where, extent, border) == at ? where : INT_MIN;
}

// The output coordinate whose tap lands on a position, or -1.
inline int origin(int position, int tap, int stride, int pad, int dilation, int outputs) {
  if (position == INT_MIN) return -1;
  int at = position + pad - tap * dilation;
  return at < 0 || at % stride != 0 || at / stride >= outputs ? -1 : at / stride;
}

#if DIRECTION == FORWARD
kernel void reference(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                      global const Y_T* residual, global Y_T* y, global float* workspace, global const int* quant) {
  long id = get_global_id(0);
  long pixels = (long)p.O * p.P * p.Q;
  int channels = p.G * p.K;
  if (id >= pixels * channels * p.N) return;
  long pixel = id % pixels;
  int channel = (int)(id / pixels % channels);
  int n = (int)(id / pixels / channels);
  int q0 = (int)(pixel % p.Q) * p.strideW - p.padW;
  int p0 = (int)(pixel / p.Q % p.P) * p.strideH - p.padH;
  int o0 = (int)(pixel / p.Q / p.P) * p.strideD - p.padD;
  int g = channel / p.K;
  x += p.xAt + n * p.xN + (long)g * p.C * p.xC;
  w += p.wAt + p.wBase + g * p.wG + (channel % p.K) * p.wK;
#if X_TYPE >= I8
  int wZero = quant[channel];
#endif
  ACC_T acc = 0;
  for (int c = 0; c < p.C; c++) {
    for (int t = 0; t < p.T; t++) {
      int d = resolve(o0 + t * p.dilationD, p.D, p.border);
      for (int r = 0; d >= 0 && r < p.R; r++) {
        int h = resolve(p0 + r * p.dilationH, p.H, p.border);
        for (int s = 0; h >= 0 && s < p.S; s++) {
          int column = resolve(q0 + s * p.dilationW, p.W, p.border);
          if (column < 0) continue;
          ACC_T a = LOAD_X(x, c * p.xC + (((long)d * p.H + h) * p.W + column) * p.xPixel);
          ACC_T b = LOAD_W(w, c * p.wC + ((t * p.R + r) * p.S + s) * p.wTap);
#if X_TYPE >= I8
          acc += (a - p.xZero) * (b - wZero);
#else
          acc = fma(a, b, acc);
#endif
        }
      }
    }
  }
  finish(&p, acc, channel, n * p.yN + channel * p.yC + pixel * p.yPixel, bias, residual, y, quant);
}

#elif DIRECTION == BACKWARD_DATA
// x is dy, y is dx; N, C, ... are the forward problem's all the same.
kernel void reference(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                      global const Y_T* residual, global Y_T* y, global float* workspace, global const int* quant) {
  long id = get_global_id(0);
  long pixels = (long)p.D * p.H * p.W;
  int channels = p.G * p.C;
  if (id >= pixels * channels * p.N) return;
  long pixel = id % pixels;
  int channel = (int)(id / pixels % channels);
  int n = (int)(id / pixels / channels);
  int column = (int)(pixel % p.W);
  int row = (int)(pixel / p.W % p.H);
  int plane = (int)(pixel / p.W / p.H);
  int g = channel / p.C;
  x += p.xAt + n * p.yN + (long)g * p.K * p.yC;
  w += p.wAt + p.wBase + g * p.wG + (channel % p.C) * p.wC;
  int imagesD = images(p.D, p.padD, p.upD, p.border);
  int imagesH = images(p.H, p.padH, p.upH, p.border);
  int imagesW = images(p.W, p.padW, p.upW, p.border);
  ACC_T acc = 0;
  for (int t = 0; t < p.T; t++)
    for (int r = 0; r < p.R; r++)
      for (int s = 0; s < p.S; s++) {
        long tap = ((t * p.R + r) * p.S + s) * p.wTap;
        for (int i = 0; i < imagesD; i++) {
          int o = origin(image(i, plane, p.D, p.padD, p.border), t, p.strideD, p.padD, p.dilationD, p.O);
          for (int j = 0; o >= 0 && j < imagesH; j++) {
            int a = origin(image(j, row, p.H, p.padH, p.border), r, p.strideH, p.padH, p.dilationH, p.P);
            for (int l = 0; a >= 0 && l < imagesW; l++) {
              int b = origin(image(l, column, p.W, p.padW, p.border), s, p.strideW, p.padW, p.dilationW, p.Q);
              long at = (((long)o * p.P + a) * p.Q + b) * p.yPixel;
              for (int k = 0; b >= 0 && k < p.K; k++)
                acc = fma(LOAD_X(x, at + k * p.yC), LOAD_W(w, k * p.wK + tap), acc);
            }
          }
        }
      }
  finish(&p, acc, channel, n * p.xN + channel * p.xC + pixel * p.xPixel, bias, residual, y, quant);
}

#else
// x is the input, w is dy, y is dw.
kernel void reference(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                      global const Y_T* residual, global Y_T* y, global float* workspace, global const int* quant) {
  long id = get_global_id(0);
  int taps = p.T * p.R * p.S;
  long perGroup = (long)p.K * p.C * taps;
  if (id >= perGroup * p.G) return;
  int tap = (int)(id % taps);
  int c = (int)(id / taps % p.C);
  int k = (int)(id / taps / p.C % p.K);
  int g = (int)(id / perGroup);
  int t0 = tap / p.S / p.R * p.dilationD - p.padD;
  int r0 = tap / p.S % p.R * p.dilationH - p.padH;
  int s0 = tap % p.S * p.dilationW - p.padW;
  ACC_T acc = 0;
  for (int n = 0; n < p.N; n++) {
    global const X_T* image = x + p.xAt + n * p.xN + (long)(g * p.C + c) * p.xC;
    global const W_T* gradient = w + p.wAt + n * p.yN + (long)(g * p.K + k) * p.yC;
    for (int o = 0; o < p.O; o++) {
      int d = resolve(o * p.strideD + t0, p.D, p.border);
      for (int a = 0; d >= 0 && a < p.P; a++) {
        int h = resolve(a * p.strideH + r0, p.H, p.border);
        for (int b = 0; h >= 0 && b < p.Q; b++) {
          int column = resolve(b * p.strideW + s0, p.W, p.border);
          if (column < 0) continue;
          acc = fma(LOAD_X(image, (((long)d * p.H + h) * p.W + column) * p.xPixel),
                    LOAD_W(gradient, (((long)o * p.P + a) * p.Q + b) * p.yPixel), acc);
        }
      }
    }
  }
  long index = p.wBase + g * p.wG + k * p.wK + c * p.wC + tap * p.wTap;
  finish(&p, acc, 0, index, bias, residual, y, quant);
}
#endif
