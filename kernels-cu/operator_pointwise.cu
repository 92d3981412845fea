// SPDX-License-Identifier: Apache-2.0
//
// y = activation(f(a, b, c)) element by element, operands stretched by strides of 0. A thread takes VECTOR neighbours
// of the innermost axis where that has whole vectors, else one element.

#include "operator.cuh"

#define AXES 8

struct PointwiseParams {
  long long at[6];
  long long count;
  long long extents[AXES];     // innermost first, 1 for axes there are not
  long long strides[3][AXES];  // of each operand
  int function, activation;
  float alpha, beta;
};

// The order of PointwiseProblem.Function on the host. fmax would drop a NaN.
__device__ __forceinline__ float combine(int function, float a, float b, float c) {
  switch (function) {
    case 1:
      return a + b;
    case 2:
      return a - b;
    case 3:
      return a * b;
    case 4:
      return a / b;
    case 5:
      return a != a || a > b ? a : b;
    case 6:
      return a != a || a < b ? a : b;
    case 7:
      return fmaf(a, b, c);
    default:
      return a;
  }
}

// An operand's neighbours, or its one element for all of them.
__device__ __forceinline__ void read(const float* from, long long stride, int width, float (&v)[VECTOR]) {
  if (stride != 0 && width == VECTOR && isAligned(from)) {
    float4 four = *reinterpret_cast<const float4*>(from);
    v[0] = four.x, v[1] = four.y, v[2] = four.z, v[3] = four.w;
    return;
  }
#pragma unroll
  for (int n = 0; n < VECTOR; n++) {
    v[n] = n < width ? from[n * stride] : 0;
  }
}

// What comes next moves to the front: a register cannot be indexed, and the activation is in the code once.
__device__ __forceinline__ void rotate(float (&v)[VECTOR], float last) {
  v[0] = v[1];
  v[1] = v[2];
  v[2] = v[3];
  v[3] = last;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_pointwise(const __grid_constant__ PointwiseParams p, OPERANDS) {
  int width = p.extents[0] % VECTOR == 0 ? VECTOR : 1;
  long long step = (long long)gridDim.x * THREADS * width;
  for (long long i = ((long long)blockIdx.x * THREADS + threadIdx.x) * width; i < p.count; i += step) {
    long long rest = i, atA = 0, atB = 0, atC = 0;
#pragma unroll 1
    for (int axis = 0; axis < AXES && rest > 0; axis++) {
      long long at = rest % p.extents[axis];
      rest /= p.extents[axis];
      atA += at * p.strides[0][axis];
      atB += at * p.strides[1][axis];
      atC += at * p.strides[2][axis];
    }
    float vA[VECTOR], vB[VECTOR] = {}, vC[VECTOR] = {};
    read(a + atA, p.strides[0][0], width, vA);
    if (p.function > 0) {
      read(b + atB, p.strides[1][0], width, vB);
    }
    if (p.function == 7) {
      read(c + atC, p.strides[2][0], width, vC);
    }
    bool whole = width == VECTOR && isAligned(y + i);
#pragma unroll 1
    for (int n = 0; n < width; n++) {
      float value = activated(combine(p.function, vA[0], vB[0], vC[0]), p.activation, p.alpha, p.beta);
      if (!whole) {
        y[i + n] = value;
      }
      rotate(vA, value);
      rotate(vB, 0);
      rotate(vC, 0);
    }
    if (whole) {
      *reinterpret_cast<float4*>(y + i) = make_float4(vA[0], vA[1], vA[2], vA[3]);
    }
  }
}
