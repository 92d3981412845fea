// SPDX-License-Identifier: Apache-2.0
//
// What the operators beside convolution share; the twin of operator.cl. All elements are f32. Each parameter block
// begins with the first element of each of six buffers, which are 0 here: a CUDA address needs no offset.
#pragma once

#include "common.cuh"

#define INFINITE __int_as_float(0x7f800000)
#define VECTOR 4  // neighbours that a thread takes together where they lie so

// The activation of an epilogue.
__device__ __forceinline__ float activated(float v, int activation, float alpha, float beta) {
  ConvParams p;
  p.activation = activation;
  p.alpha = alpha;
  p.beta = beta;
  return activate(v, p);
}

__device__ __forceinline__ bool isAligned(const void* address) {
  return ((unsigned long long)address & (VECTOR * sizeof(float) - 1)) == 0;
}

#define OPERANDS const float *a, const float *b, const float *c, float *y, const float *unused4, const float *unused5
