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
  int types, direction;        // codes of x, w and y, four bits each, and the direction: macros of the OpenCL twin
  int channelsLast, reserved;  // whether x and y are NHWC
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

// The epilogue without the store: activation(sum + bias + residual) or requantization. `channel` counts over all
// groups; quant holds a filter zero for each of them, then the multipliers.
__device__ __forceinline__ Acc epilogue(const ConvParams& p, Acc acc, int channel, Acc addend, const void* bias,
                                        const int* quant) {
#if ACC_TYPE == I32
  long long sum = (long long)acc + (p.hasBias ? static_cast<const int*>(bias)[channel] : 0);
  if (p.quantized) {
    return clampToInt(requantize(sum, __int_as_float(quant[p.G * p.K + channel])) + p.yZero);
  }
  int whole = clampToInt(sum + addend);
  if (p.activation == 1) {
    return max(whole, 0);
  }
  if (p.activation != 0) {
    float value = rintf(activate((float)whole, p));
    return value >= 2147483648.0f ? 0x7fffffff : value < -2147483648.0f ? -0x7fffffff - 1 : (int)value;
  }
  return whole;
#else
  Acc v = acc;
  if (p.hasBias) {
    v += load(bias, channel, Y_TYPE(p));
  }
  if (p.hasResidual) {
    v += addend;
  }
  return activate(v, p);
#endif
}

// The epilogue and the store.
__device__ __forceinline__ void finish(const ConvParams& p, Acc acc, int channel, long long index, const void* bias,
                                       const void* residual, void* y, const int* quant) {
  Acc addend = p.hasResidual ? load(residual, index, Y_TYPE(p)) : 0;
  store(y, index, Y_TYPE(p), epilogue(p, acc, channel, addend, bias, quant));
}

#if ACC_TYPE != F64
// The bits of a stored element, and back.
__device__ __forceinline__ unsigned encode(Acc value, int type) {
#if ACC_TYPE == I32
  return type == I8   ? (unsigned)max(-128, min(127, value)) & 255
         : type == U8 ? (unsigned)max(0, min(255, value))
                      : (unsigned)value;
#else
  f16 half;
  bf16 brain;
  switch (type) {
    case F16_CODE:
      fromFloat(value, half);
      return half.bits;
    case BF16_CODE:
      fromFloat(value, brain);
      return brain.bits;
    default:
      return __float_as_uint(value);
  }
#endif
}

__device__ __forceinline__ Acc decode(unsigned bits, int type) {
#if ACC_TYPE == I32
  return (int)bits;  // a residual of integers is i32
#else
  return type == F16_CODE    ? toFloat(f16{(unsigned short)bits})
         : type == BF16_CODE ? toFloat(bf16{(unsigned short)bits})
                             : __uint_as_float(bits);
#endif
}

__device__ __forceinline__ void rotate(unsigned (&four)[4], unsigned last) {
  four[0] = four[1];
  four[1] = four[2];
  four[2] = four[3];
  four[3] = last;
}

// The epilogue for up to four elements of y that lie `step` apart, with channels that lie `channelStep` apart. Where
// `together`, they are four neighbours at an index that is a multiple of four, and are loaded and stored at once. One
// turn of the loop is in the code: what comes next moves to the front, so that no register is indexed.
__device__ __forceinline__ void finishFour(const ConvParams& p, const Acc (&sums)[4], int count, bool together,
                                           int channel, int channelStep, long long index, long long step,
                                           const void* bias, const void* residual, void* y, const int* quant) {
  int type = Y_TYPE(p);
  int bytes = type == F32 || type == I32 ? 4 : type == I8 || type == U8 ? 1 : 2;
  unsigned values[4], addends[4] = {};
#pragma unroll
  for (int n = 0; n < 4; n++) {
    values[n] = encode(sums[n], ACC_TYPE);
  }
  if (together && p.hasResidual && bytes == 4) {
    uint4 four = static_cast<const uint4*>(residual)[index / 4];
    addends[0] = four.x, addends[1] = four.y, addends[2] = four.z, addends[3] = four.w;
  } else if (together && p.hasResidual) {
    uint2 two = static_cast<const uint2*>(residual)[index / 4];
    addends[0] = two.x & 0xffff, addends[1] = two.x >> 16, addends[2] = two.y & 0xffff, addends[3] = two.y >> 16;
  }
#pragma unroll 1
  for (int n = 0; n < count; n++) {
    long long at = index + n * step;
    Acc addend = together ? decode(addends[0], type) : p.hasResidual ? load(residual, at, type) : 0;
    Acc value = epilogue(p, decode(values[0], ACC_TYPE), channel, addend, bias, quant);
    if (!together) {
      store(y, at, type, value);
    }
    rotate(addends, 0);
    rotate(values, encode(value, type));
    channel += channelStep;
  }
  if (together && bytes == 4) {
    static_cast<uint4*>(y)[index / 4] = make_uint4(values[0], values[1], values[2], values[3]);
  } else if (together && bytes == 2) {
    static_cast<uint2*>(y)[index / 4] = make_uint2(values[0] | values[1] << 16, values[2] | values[3] << 16);
  } else if (together) {
    static_cast<unsigned*>(y)[index / 4] = values[0] | values[1] << 8 | values[2] << 16 | values[3] << 24;
  }
}
#endif
