// SPDX-License-Identifier: Apache-2.0
//
// The last resort: every legal problem of every type, border and direction, with 64-bit indices and no scratch. One
// thread for each result element, sums in the order c, t, r, s.
//
// Geometry is always that of the forward problem: for backward-data x is dy and y is dx, for backward-filter w is dy
// and y is dw. Backward-data with a border other than zeros sums over all positions that take their value from an
// input element. `up` holds the padding behind. The host sets ACC_TYPE.

#include "common.cuh"

#define NOWHERE (-0x7fffffffffffffffLL)

// How many positions outside may take their value from one input coordinate.
__device__ __forceinline__ long long images(long long pad, long long padEnd, int border) {
  return border == BORDER_ZEROS ? 1 : border == BORDER_REPLICATE ? 1 + pad + padEnd : 3;
}

// The i-th position that takes its value from coordinate `at`; NOWHERE when there is none.
__device__ __forceinline__ long long image(long long i, long long at, long long extent, long long pad, int border) {
  if (i == 0) {
    return at;
  }
  long long where = border == BORDER_REFLECT    ? (i == 1 ? -at : 2 * (extent - 1) - at)
                    : border == BORDER_CIRCULAR ? (i == 1 ? at - extent : at + extent)
                    : i <= pad                  ? -i
                                                : extent - 1 + (i - pad);
  bool outside = where < 0 || where >= extent;
  return outside && resolve(where, extent, border) == at ? where : NOWHERE;
}

// The output coordinate whose tap lands on a position, or -1.
__device__ __forceinline__ long long origin(long long position, long long tap, long long stride, long long pad,
                                            long long dilation, long long outputs) {
  if (position == NOWHERE) {
    return -1;
  }
  long long at = position + pad - tap * dilation;
  return at < 0 || at % stride != 0 || at / stride >= outputs ? -1 : at / stride;
}

__device__ __forceinline__ Acc multiplyAdd(Acc a, Acc b, Acc acc) {
#if ACC_TYPE == I32
  return a * b + acc;
#else
  return fma(a, b, acc);
#endif
}

__device__ void forward(const ConvParams& p, long long id, const void* x, const void* w, const void* bias,
                        const void* residual, void* y, const int* quant) {
  long long pixels = (long long)p.O * p.P * p.Q;
  int channels = p.G * p.K;
  long long pixel = id % pixels;
  long long channel = id / pixels % channels;
  long long n = id / pixels / channels;
  long long o0 = pixel / p.Q / p.P * p.strideD - p.padD;
  long long p0 = pixel / p.Q % p.P * p.strideH - p.padH;
  long long q0 = pixel % p.Q * p.strideW - p.padW;
  long long xBase = n * p.xN + channel / p.K * p.C * p.xC;
  long long wBase = p.wBase + channel / p.K * p.wG + channel % p.K * p.wK;
#if ACC_TYPE == I32
  int wZero = quant[channel];
#endif
  Acc acc = 0;
  for (long long c = 0; c < p.C; c++) {
    for (long long t = 0; t < p.T; t++) {
      long long d = resolve(o0 + t * p.dilationD, p.D, p.border);
      for (long long r = 0; d >= 0 && r < p.R; r++) {
        long long h = resolve(p0 + r * p.dilationH, p.H, p.border);
        for (long long s = 0; h >= 0 && s < p.S; s++) {
          long long column = resolve(q0 + s * p.dilationW, p.W, p.border);
          if (column < 0) {
            continue;
          }
          Acc a = load(x, xBase + c * p.xC + ((d * p.H + h) * p.W + column) * p.xPixel, X_TYPE(p));
          Acc b = load(w, wBase + c * p.wC + ((t * p.R + r) * p.S + s) * p.wTap, W_TYPE(p));
#if ACC_TYPE == I32
          a -= p.xZero;
          b -= wZero;
#endif
          acc = multiplyAdd(a, b, acc);
        }
      }
    }
  }
  long long index = n * p.yN + channel * p.yC + pixel * p.yPixel;
  finish(p, acc, (int)channel, index, bias, residual, y, quant);
}

#if ACC_TYPE != I32
__device__ void backwardData(const ConvParams& p, long long id, const void* x, const void* w, const void* bias,
                             const void* residual, void* y) {
  long long pixels = (long long)p.D * p.H * p.W;
  int channels = p.G * p.C;
  long long pixel = id % pixels;
  long long channel = id / pixels % channels;
  long long n = id / pixels / channels;
  long long column = pixel % p.W;
  long long row = pixel / p.W % p.H;
  long long plane = pixel / p.W / p.H;
  long long xBase = n * p.yN + channel / p.C * p.K * p.yC;
  long long wBase = p.wBase + channel / p.C * p.wG + channel % p.C * p.wC;
  long long imagesD = images(p.padD, p.upD, p.border);
  long long imagesH = images(p.padH, p.upH, p.border);
  long long imagesW = images(p.padW, p.upW, p.border);
  Acc acc = 0;
  for (long long tap = 0; tap < (long long)p.T * p.R * p.S; tap++) {
    long long t = tap / p.S / p.R, r = tap / p.S % p.R, s = tap % p.S;
    for (long long i = 0; i < imagesD; i++) {
      long long o = origin(image(i, plane, p.D, p.padD, p.border), t, p.strideD, p.padD, p.dilationD, p.O);
      for (long long j = 0; o >= 0 && j < imagesH; j++) {
        long long a = origin(image(j, row, p.H, p.padH, p.border), r, p.strideH, p.padH, p.dilationH, p.P);
        for (long long l = 0; a >= 0 && l < imagesW; l++) {
          long long b = origin(image(l, column, p.W, p.padW, p.border), s, p.strideW, p.padW, p.dilationW, p.Q);
          long long at = xBase + ((o * p.P + a) * p.Q + b) * p.yPixel;
          for (long long k = 0; b >= 0 && k < p.K; k++) {
            acc = multiplyAdd(load(x, at + k * p.yC, X_TYPE(p)), load(w, wBase + k * p.wK + tap * p.wTap, W_TYPE(p)),
                              acc);
          }
        }
      }
    }
  }
  long long index = n * p.xN + channel * p.xC + pixel * p.xPixel;
  finish(p, acc, (int)channel, index, bias, residual, y, nullptr);
}

__device__ void backwardFilter(const ConvParams& p, long long id, const void* x, const void* w, const void* residual,
                               void* y) {
  long long taps = (long long)p.T * p.R * p.S;
  long long tap = id % taps;
  long long c = id / taps % p.C;
  long long k = id / taps / p.C % p.K;
  long long g = id / (p.K * p.C * taps);
  long long t0 = tap / p.S / p.R * p.dilationD - p.padD;
  long long r0 = tap / p.S % p.R * p.dilationH - p.padH;
  long long s0 = tap % p.S * p.dilationW - p.padW;
  Acc acc = 0;
  for (long long n = 0; n < p.N; n++) {
    long long xBase = n * p.xN + (g * p.C + c) * p.xC;
    long long dyBase = n * p.yN + (g * p.K + k) * p.yC;
    for (long long o = 0; o < p.O; o++) {
      long long d = resolve(o * p.strideD + t0, p.D, p.border);
      for (long long a = 0; d >= 0 && a < p.P; a++) {
        long long h = resolve(a * p.strideH + r0, p.H, p.border);
        for (long long b = 0; h >= 0 && b < p.Q; b++) {
          long long column = resolve(b * p.strideW + s0, p.W, p.border);
          if (column >= 0) {
            acc = multiplyAdd(load(x, xBase + ((d * p.H + h) * p.W + column) * p.xPixel, X_TYPE(p)),
                              load(w, dyBase + ((o * p.P + a) * p.Q + b) * p.yPixel, W_TYPE(p)), acc);
          }
        }
      }
    }
  }
  long long index = p.wBase + g * p.wG + k * p.wK + c * p.wC + tap * p.wTap;
  finish(p, acc, 0, index, nullptr, residual, y, nullptr);
}
#endif

extern "C" __global__ void reference(const __grid_constant__ ConvParams p, const void* x, const void* w,
                                     const void* bias, const void* residual, void* y, void* workspace,
                                     const int* quant) {
  long long data = (long long)p.N * p.G * p.K * p.O * p.P * p.Q;
  long long gradient = (long long)p.N * p.G * p.C * p.D * p.H * p.W;
  long long weights = (long long)p.G * p.K * p.C * p.T * p.R * p.S;
  long long elements = p.direction == FORWARD ? data : p.direction == BACKWARD_DATA ? gradient : weights;
  // The grid may be smaller than the result.
  long long threads = (long long)gridDim.x * blockDim.x;
  for (long long id = (long long)blockIdx.x * blockDim.x + threadIdx.x; id < elements; id += threads) {
    if (p.direction == FORWARD) {
      forward(p, id, x, w, bias, residual, y, quant);
#if ACC_TYPE != I32
    } else if (p.direction == BACKWARD_DATA) {
      backwardData(p, id, x, w, bias, residual, y);
    } else {
      backwardFilter(p, id, x, w, residual, y);
#endif
    }
  }
}
