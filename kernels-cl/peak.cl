// SPDX-License-Identifier: Apache-2.0
//
// The device's ceiling: independent chains of multiply-adds, nothing loaded. PEAK_T is the vector a
// device likes; CHAINS of them hide the latency of an addition. Takes the same arguments as every
// kernel, and reads alpha and beta, so that the compiler cannot know the result.

#include "common.cl"

#ifndef CHAINS
#define CHAINS 12
#endif
#ifndef ROUNDS
#define ROUNDS 4096
#endif

// A function of vectors, and not an expression: Clang gives the whole width of the machine's vectors only to code
// that passes such vectors by value, and computes with halves of them elsewhere.
inline PEAK_T multiplyAdd(PEAK_T sum, PEAK_T factor, PEAK_T addend) { return sum * factor + addend; }

kernel void peak(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                 global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  PEAK_T sums[CHAINS];
#pragma unroll
  for (int i = 0; i < CHAINS; i++) sums[i] = (PEAK_T)(p.beta + i);
  PEAK_T factor = (PEAK_T)p.alpha, addend = (PEAK_T)p.beta;
  for (int round = 0; round < ROUNDS; round++) {
#pragma unroll
    for (int i = 0; i < CHAINS; i++) sums[i] = multiplyAdd(sums[i], factor, addend);
  }
  PEAK_T sum = sums[0];
#pragma unroll
  for (int i = 1; i < CHAINS; i++) sum += sums[i];
  float total = 0;
  for (int i = 0; i < (int)(sizeof(PEAK_T) / sizeof(float)); i++) total += ((float*)&sum)[i];
  if (total == 0.123f)  // never, but the compiler does not know
    y[0] = total;
}
