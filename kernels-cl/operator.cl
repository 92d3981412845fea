// SPDX-License-Identifier: Apache-2.0
//
// What the operators beside convolution share. All elements are f32. Each parameter block begins
// with the first element of each of six buffers, like ConvParams; 8-byte fields first, no holes.
// A buffer an operator does not have is the result's.

#include "common.cl"

#define ITEMS 64  // work-items of a group where they work together

// The activation of an epilogue.
inline float activated(float v, int activation, float alpha, float beta) {
  ConvParams p;
  p.activation = activation;
  p.alpha = alpha;
  p.beta = beta;
  return activate(v, &p);
}

#define OPERANDS                                                                                               \
  global const float *a, global const float *b, global const float *c, global float *y, global float *unused4, \
      global float *unused5
