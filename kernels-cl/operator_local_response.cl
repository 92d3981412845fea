// SPDX-License-Identifier: Apache-2.0
//
// y = x / (bias + alpha/size * sum of squares of neighbouring channels)^beta (Krizhevsky et al.,
// "ImageNet Classification with Deep Convolutional Neural Networks", 3.3). One work-item for each
// element.

#include "operator.cl"

typedef struct {
  long at[6];
  long count, channels, plane, size;
  float factor, beta, bias, unused;
} LocalResponseParams;

kernel void operator_local_response(const LocalResponseParams p, OPERANDS) {
  long i = get_global_id(0);
  if (i >= p.count) return;
  long channel = i / p.plane % p.channels;
  long first = max(0L, channel - (p.size - 1) / 2);
  long last = min(p.channels - 1, channel + p.size / 2);
  global const float* x = a + p.at[0] + i;
  float sum = 0;
  for (long k = first; k <= last; k++) {
    float v = x[(k - channel) * p.plane];
    sum = fma(v, v, sum);
  }
  y[p.at[3] + i] = x[0] / pow(fma(p.factor, sum, p.bias), p.beta);
}
