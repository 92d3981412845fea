// SPDX-License-Identifier: Apache-2.0
//
// What every kernel shares: the parameter block, element types, the border rule and the epilogue.
// The host sets ACC_TYPE (F32, F64 or I32). The reference takes the operands' types from its
// parameters, because a fatbin for each combination would be a hundred of them.
#pragma once

#include <ptx.cuh>

#define F32 0
#define F64 1
#define F16_CODE 2
#define BF16_CODE 3
#define I8 4
#define U8 5
#define I32 6

#define FORWARD 0
#define BACKWARD_DATA 1
#define BACKWARD_FILTER 2

#define BORDER_ZEROS 0
#define BORDER_REFLECT 1
#define BORDER_REPLICATE 2
#define BORDER_CIRCULAR 3

#define CEIL_DIV(a, b) (((a) + (b) - 1) / (b))

#ifndef ACC_TYPE
#define ACC_TYPE F32
#endif

#if ACC_TYPE == F64
typedef double Acc;
typedef double Real;
#elif ACC_TYPE == I32
typedef int Acc;
typedef float Real;
#else
typedef float Acc;
typedef float Real;
#endif

// The problem; the twin of ConvParams in common.cl, and of KernelParams on the host. Forward and backward-data are one
// family: each y[n, k, o, p, q] of a group is a sum over c, t, r, s of w[k, c, trs] times x at
// (o, p, q)*stride - pad + (t, r, s)*dilation. For backward-data the host hands dy as x and dx as y, swaps the filter's
// channels, mirrors its taps, and says `up`: x exists only at positions that are multiples of up (the forward stride).
struct ConvParams {
  long long xAt, wAt, biasAt, residualAt, yAt, workspaceAt;  // 0: a CUDA address needs no offset
  long long xN, xC, xPixel;                                  // distances in elements
  long long yN, yC, yPixel;
  long long wBase, wG, wK, wC, wTap;
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
  int types, reserved;  // codes of x, w and y, four bits each: the OpenCL twin has them as macros
};

#define X_TYPE(p) ((p).types & 15)
#define W_TYPE(p) ((p).types >> 4 & 15)
#define Y_TYPE(p) ((p).types >> 8 & 15)

__device__ __forceinline__ Acc load(const void* p, long long i, int type) {
  switch (type) {
#if ACC_TYPE == I32
    case I8:
      return static_cast<const signed char*>(p)[i];
    case U8:
      return static_cast<const unsigned char*>(p)[i];
    default:
      return static_cast<const int*>(p)[i];
#else
    case F16_CODE:
      return toFloat(static_cast<const f16*>(p)[i]);
    case BF16_CODE:
      return toFloat(static_cast<const bf16*>(p)[i]);
#if ACC_TYPE == F64
    case F64:
      return static_cast<const double*>(p)[i];
#endif
    default:
      return static_cast<const float*>(p)[i];
#endif
  }
}

#if ACC_TYPE == F64
// One rounding and not two: to float by rounding to odd first (Boldo and Melquiond).
__device__ __forceinline__ float narrowToOdd(double value) {
  float nearest = (float)value;
  int bits = __float_as_int(nearest);
  if ((double)nearest == value || nearest != nearest || (bits & 0x7f800000) == 0x7f800000 || (bits & 1)) {
    return nearest;
  }
  bool away = (nearest > value) == (nearest > 0);
  return __int_as_float(away ? bits - 1 : bits + 1);
}
#endif

// Stores a value, rounding to nearest even; integers saturate.
__device__ __forceinline__ void store(void* p, long long i, int type, Acc value) {
  switch (type) {
#if ACC_TYPE == I32
    case I8:
      static_cast<signed char*>(p)[i] = (signed char)max(-128, min(127, value));
      break;
    case U8:
      static_cast<unsigned char*>(p)[i] = (unsigned char)max(0, min(255, value));
      break;
    default:
      static_cast<int*>(p)[i] = value;
#else
#if ACC_TYPE == F64
    case F64:
      static_cast<double*>(p)[i] = value;
      break;
    case F16_CODE:
      fromFloat(narrowToOdd(value), static_cast<f16*>(p)[i]);
      break;
    case BF16_CODE:
      fromFloat(narrowToOdd(value), static_cast<bf16*>(p)[i]);
      break;
#else
    case F16_CODE:
      fromFloat(value, static_cast<f16*>(p)[i]);
      break;
    case BF16_CODE:
      fromFloat(value, static_cast<bf16*>(p)[i]);
      break;
#endif
    default:
      static_cast<float*>(p)[i] = (float)value;
#endif
  }
}

// Maps a coordinate to the one whose value it takes, or -1 for a zero.
__device__ __forceinline__ long long resolve(long long at, long long extent, int border) {
  if (at >= 0 && at < extent) {
    return at;
  }
  switch (border) {
    case BORDER_REFLECT:
      return at < 0 ? -at : 2 * (extent - 1) - at;
    case BORDER_REPLICATE:
      return at < 0 ? 0 : extent - 1;
    case BORDER_CIRCULAR:
      return at < 0 ? at + extent : at - extent;
    default:
      return -1;
  }
}

// The order of Activation.Kind on the host. A NaN passes through every one of them.
__device__ __forceinline__ Real activate(Real v, const ConvParams& p) {
  switch (p.activation) {
    case 1:  // relu; adding 0 turns -0 into +0
      return v < 0 ? 0 : v + 0;
    case 2:  // clip
      return v < p.alpha ? p.alpha : v > p.beta ? p.beta : v;
    case 3:  // leaky relu
      return v >= 0 ? v : p.alpha * v;
    case 4:  // sigmoid
      return 1 / (1 + exp(-v));
    case 5:
      return tanh(v);
    case 6:  // silu
      return v / (1 + exp(-v));
    case 7:  // hard swish
      return v * (v + 3 < 0 ? 0 : v + 3 > 6 ? 6 : v + 3) / 6;
    case 8:  // gelu, by erfc so that the tail keeps its digits
      return (Real)0.5 * v * erfc(v * (Real)-0.70710678118654752440);
    default:
      return v;
  }
}

#if ACC_TYPE == I32
// round(acc * multiplier) with ties to even, exactly: the product fits 57 bits.
__device__ __forceinline__ long long requantize(long long acc, float multiplier) {
  int bits = __float_as_int(multiplier);
  int exponent = max(bits >> 23, 1);
  long long mantissa = (bits & 0x7fffff) | (bits >> 23 == 0 ? 0 : 0x800000);
  long long product = acc * mantissa;
  int shift = 150 - exponent;  // value = product * 2^-shift
  if (shift <= 0) {
    return shift < -6 ? (product > 0 ? 0x7fffffff : product < 0 ? -0x7fffffff - 1LL : 0) : product << -shift;
  }
  if (shift > 62) {
    return 0;
  }
  long long low = product & ((1LL << shift) - 1);
  long long high = product >> shift;
  long long tie = 1LL << (shift - 1);
  return high + (low > tie || (low == tie && (high & 1)) ? 1 : 0);
}

__device__ __forceinline__ int clampToInt(long long value) {
  return (int)min(max(value, -0x7fffffff - 1LL), 0x7fffffffLL);
}
#endif

// The epilogue, activation(sum + bias + residual) or requantization, and the store. `channel` counts over all groups;
// quant holds a filter zero for each of them, then the multipliers.
__device__ __forceinline__ void finish(const ConvParams& p, Acc acc, int channel, long long index, const void* bias,
                                       const void* residual, void* y, const int* quant) {
  int yType = Y_TYPE(p);
#if ACC_TYPE == I32
  long long sum = (long long)acc + (p.hasBias ? static_cast<const int*>(bias)[channel] : 0);
  if (p.quantized) {
    store(y, index, yType, clampToInt(requantize(sum, __int_as_float(quant[p.G * p.K + channel])) + p.yZero));
    return;
  }
  int whole = clampToInt(sum + (p.hasResidual ? static_cast<const int*>(residual)[index] : 0));
  if (p.activation == 1) {
    whole = max(whole, 0);
  } else if (p.activation != 0) {
    float value = rintf(activate((float)whole, p));
    whole = value >= 2147483648.0f ? 0x7fffffff : value < -2147483648.0f ? -0x7fffffff - 1 : (int)value;
  }
  store(y, index, yType, whole);
#else
  Acc v = acc;
  if (p.hasBias) {
    v += load(bias, channel, yType);
  }
  if (p.hasResidual) {
    v += load(residual, index, yType);
  }
  store(y, index, yType, activate(v, p));
#endif
}
