// SPDX-License-Identifier: Apache-2.0
//
// What every kernel shares: the parameter block, element types, the way a position is resolved at
// the border, and the epilogue.
//
// Forward and backward-data are one family. Each result y[n, k, o, p, q] of a group is a sum over
// c, t, r, s of w[k, c, trs] times x at (o, p, q)*stride - pad + (t, r, s)*dilation. For
// backward-data the host hands dy as x and dx as y, swaps the filter's channels, mirrors its taps,
// and says `up`: x exists only at positions that are multiples of up (the forward stride).
//
// The host sets: X_TYPE, W_TYPE, Y_TYPE (one of the codes below), LAYOUT, DIRECTION.

#define F32 0
#define F64 1
#define F16 2
#define BF16 3
#define I8 4
#define U8 5
#define I32 6

#define NCHW 0
#define NHWC 1

#define FORWARD 0
#define BACKWARD_DATA 1
#define BACKWARD_FILTER 2

#define BORDER_ZEROS 0
#define BORDER_REFLECT 1
#define BORDER_REPLICATE 2
#define BORDER_CIRCULAR 3

// Mirrors KernelParams on the host: 8-byte fields first, then 4-byte ones, no holes.
typedef struct {
  long xAt, wAt, biasAt, residualAt, yAt, workspaceAt;  // first elements within the buffers
  long xN, xC, xPixel;                                  // distances in elements
  long yN, yC, yPixel;
  long wBase, wG, wK, wC, wTap;
  int N, G, C, K;  // C and K of one group
  int D, H, W;
  int T, R, S;
  int O, P, Q;
  int strideD, strideH, strideW;
  int padD, padH, padW;
  int dilationD, dilationH, dilationW;
  int upD, upH, upW;
  int border;
  int hasBias, hasResidual, activation;
  float alpha, beta;
  int quantized, xZero, yZero;
  int split, first;
} ConvParams;

#if X_TYPE == F64 || W_TYPE == F64 || Y_TYPE == F64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define ACC_T double
#elif X_TYPE >= I8
#define ACC_T int
#else
#define ACC_T float
#endif

// STORAGE_T(code), LOAD(code, pointer, i): the storage of a type and an element of it as ACC_T.
#define STORAGE_0 float
#define STORAGE_1 double
#define STORAGE_2 half
#define STORAGE_3 ushort
#define STORAGE_4 char
#define STORAGE_5 uchar
#define STORAGE_6 int
#define LOAD_0(p, i) (p)[i]
#define LOAD_1(p, i) (p)[i]
#ifdef HALF
// The host says that the type is the device's own: a load is a plain one, which it can widen and keep in flight.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define LOAD_2(p, i) ((float)(p)[i])
#else
#define LOAD_2(p, i) vload_half(i, p)
#endif
#define LOAD_3(p, i) as_float((uint)(p)[i] << 16)
#define LOAD_4(p, i) (p)[i]
#define LOAD_5(p, i) (p)[i]
#define LOAD_6(p, i) (p)[i]
#define JOIN(a, b) a##b
#define STORAGE_T(code) JOIN(STORAGE_, code)
#define LOAD(code, p, i) JOIN(LOAD_, code)(p, i)

typedef STORAGE_T(X_TYPE) X_T;
typedef STORAGE_T(W_TYPE) W_T;
typedef STORAGE_T(Y_TYPE) Y_T;
#define LOAD_X(p, i) ((ACC_T)LOAD(X_TYPE, p, i))
#define LOAD_W(p, i) ((ACC_T)LOAD(W_TYPE, p, i))
#define LOAD_Y(p, i) ((ACC_T)LOAD(Y_TYPE, p, i))

#if X_TYPE >= I8
typedef int BIAS_T;
#define LOAD_BIAS(p, i) (p)[i]
#else
typedef Y_T BIAS_T;
#define LOAD_BIAS(p, i) LOAD_Y(p, i)
#endif

#if X_TYPE >= I8
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#else
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#endif

#define NOWHERE INT_MIN  // first component of a description that is out of range
#define CEIL_DIV(a, b) (((a) + (b) - 1) / (b))

#if X_TYPE >= I8
#define REAL_T float
#else
#define REAL_T ACC_T
#endif

// Stores a value, rounding to nearest even; integers saturate.
inline void storeY(global Y_T* y, long i, ACC_T v) {
#if Y_TYPE == F16
  vstore_half_rte((REAL_T)v, i, y);
#elif Y_TYPE == BF16
  uint bits = as_uint((float)v);
  uint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  y[i] = (ushort)(v != v ? (bits >> 16) | 0x40u : rounded);
#elif Y_TYPE == I8
  y[i] = convert_char_sat(v);
#elif Y_TYPE == U8
  y[i] = convert_uchar_sat(v);
#else
  y[i] = (Y_T)v;
#endif
}

// Maps a coordinate to the one whose value it takes, or -1 for a zero.
inline int resolve(int at, int extent, int border) {
  if (at >= 0 && at < extent) return at;
  if (border == BORDER_REFLECT) return at < 0 ? -at : 2 * (extent - 1) - at;
  if (border == BORDER_REPLICATE) return at < 0 ? 0 : extent - 1;
  if (border == BORDER_CIRCULAR) return at < 0 ? at + extent : at - extent;
  return -1;
}

// Where a tap lands in x on one axis, or -1. `up` is 1 except for backward-data.
inline int source(int at, int extent, int up, int border) {
  if (up != 1) {
    if (at < 0 || at % up != 0) return -1;
    at /= up;
  }
  return resolve(at, extent, border);
}

// The order of Activation.Kind on the host. A NaN passes through every one of them.
inline REAL_T activate(REAL_T v, const ConvParams* p) {
  switch (p->activation) {
    case 1:  // relu; adding 0 turns -0 into +0
      return v < 0 ? 0 : v + 0;
    case 2:  // clip
      return v < p->alpha ? p->alpha : v > p->beta ? p->beta : v;
    case 3:  // leaky relu
      return v >= 0 ? v : p->alpha * v;
    case 4:  // sigmoid
      return 1 / (1 + exp(-v));
    case 5:  // tanh
      return tanh(v);
    case 6:  // silu
      return v / (1 + exp(-v));
    case 7:  // hard swish
      return v * (v + 3 < 0 ? 0 : v + 3 > 6 ? 6 : v + 3) / 6;
    case 8:  // gelu, by erfc so that the tail keeps its digits
      return (REAL_T)0.5 * v * erfc(v * (REAL_T)-0.70710678118654752440);
    default:
      return v;
  }
}

#if X_TYPE >= I8
// round(acc * multiplier) with ties to even, exactly: the product fits 57 bits.
inline long requantize(long acc, float multiplier) {
  int bits = as_int(multiplier);
  long mantissa = (bits & 0x7fffff) | 0x800000;
  long product = bits < 0 ? -acc * mantissa : acc * mantissa;
  int shift = 150 - ((bits >> 23) & 0xff);  // what has no leading one is too small to matter
  if (shift <= 0) return shift < -6 ? (product > 0 ? INT_MAX : product < 0 ? INT_MIN : 0) : product << -shift;
  if (shift > 62) return 0;
  long low = product & ((1L << shift) - 1);
  long high = product >> shift;
  long tie = 1L << (shift - 1);
  return high + (low > tie || (low == tie && (high & 1)) ? 1 : 0);
}
#endif

// The epilogue: activation(sum + bias + residual), or requantization, and the store.
// `channel` counts over all groups. quant holds K filter zeros, then K multipliers.
inline void finish(const ConvParams* p, ACC_T acc, int channel, long index, global const BIAS_T* bias,
                   global const Y_T* residual, global Y_T* y, global const int* quant) {
#if X_TYPE >= I8
  long sum = (long)acc + (p->hasBias ? bias[p->biasAt + channel] : 0);
  if (p->quantized) {
    long v = requantize(sum, as_float(quant[p->G * p->K + channel])) + p->yZero;
    storeY(y, p->yAt + index, (int)clamp(v, (long)INT_MIN, (long)INT_MAX));
    return;
  }
  sum += p->hasResidual ? LOAD_Y(residual, p->residualAt + index) : 0;
  int whole = (int)clamp(sum, (long)INT_MIN, (long)INT_MAX);
  if (p->activation == 1)
    whole = max(whole, 0);
  else if (p->activation != 0)
    whole = convert_int_sat_rte(activate((float)whole, p));
  storeY(y, p->yAt + index, whole);
#else
  ACC_T v = acc;
  if (p->hasBias) v += LOAD_BIAS(bias, p->biasAt + channel);
  if (p->hasResidual) v += LOAD_Y(residual, p->residualAt + index);
  storeY(y, p->yAt + index, activate(v, p));
#endif
}
