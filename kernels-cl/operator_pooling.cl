// SPDX-License-Identifier: Apache-2.0
//
// The maximum or the average of a window. One work-item for each element of the result; axes are
// depth, height, width.

#include "operator.cl"

#define MAX_POOL 0
#define AVERAGE 1

typedef struct {
  long at[6];
  long count;
  long input[3], window[3], stride[3], dilation[3], begin[3], end[3], output[3];
  int kind, unused;
} PoolingParams;

kernel void operator_pooling(const PoolingParams p, OPERANDS) {
  long i = get_global_id(0);
  if (i >= p.count) return;
  long q = i % p.output[2];
  long row = i / p.output[2] % p.output[1];
  long o = i / (p.output[2] * p.output[1]) % p.output[0];
  long plane = i / (p.output[2] * p.output[1] * p.output[0]);
  global const float* x = a + p.at[0] + plane * p.input[0] * p.input[1] * p.input[2];
  float best = -INFINITY, sum = 0;
  long inside = 0, padded = 0;
  for (long t = 0; t < p.window[0]; t++) {
    long d = o * p.stride[0] - p.begin[0] + t * p.dilation[0];
    for (long r = 0; r < p.window[1]; r++) {
      long h = row * p.stride[1] - p.begin[1] + r * p.dilation[1];
      for (long s = 0; s < p.window[2]; s++) {
        long w = q * p.stride[2] - p.begin[2] + s * p.dilation[2];
        if (d < p.input[0] + p.end[0] && h < p.input[1] + p.end[1] && w < p.input[2] + p.end[2]) padded++;
        if (d < 0 || d >= p.input[0] || h < 0 || h >= p.input[1] || w < 0 || w >= p.input[2]) continue;
        float v = x[(d * p.input[1] + h) * p.input[2] + w];
        best = v != v || v > best ? v : best;
        sum += v;
        inside++;
      }
    }
  }
  y[p.at[3] + i] = p.kind == MAX_POOL ? best : sum / (p.kind == AVERAGE ? inside : padded);
}
