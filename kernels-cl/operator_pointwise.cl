// SPDX-License-Identifier: Apache-2.0
//
// y = activation(f(a, b, c)) element by element, operands stretched by strides of 0. One work-item
// for each element of the result.

#include "operator.cl"

#define AXES 8

typedef struct {
  long at[6];
  long count;
  long extents[AXES];     // innermost first, 1 for axes there are not
  long strides[3][AXES];  // of each operand
  int function, activation;
  float alpha, beta;
} PointwiseParams;

// The order of PointwiseProblem.Function on the host. fmax would drop a NaN.
inline float combine(int function, float a, float b, float c) {
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
      return fma(a, b, c);
    default:
      return a;
  }
}

kernel void operator_pointwise(const PointwiseParams p, OPERANDS) {
  long i = get_global_id(0);
  if (i >= p.count) return;
  long rest = i;
  long atA = p.at[0], atB = p.at[1], atC = p.at[2];
  for (int axis = 0; axis < AXES && rest > 0; axis++) {
    long at = rest % p.extents[axis];
    rest /= p.extents[axis];
    atA += at * p.strides[0][axis];
    atB += at * p.strides[1][axis];
    atC += at * p.strides[2][axis];
  }
  float vB = p.function > 0 ? b[atB] : 0;
  float vC = p.function == 7 ? c[atC] : 0;
  y[p.at[3] + i] = activated(combine(p.function, a[atA], vB, vC), p.activation, p.alpha, p.beta);
}
