// SPDX-License-Identifier: Apache-2.0
//
// The product whose lanes run over filters: THREAD_K of them, two vectors, times pixels that are
// broadcast from a row of a panel.

#define VEC_K 16
#define THREAD_K (2 * VEC_K)

#ifndef COLUMN
#define COLUMN(j) (j)  // where in a panel's row pixel j is
#endif

// sums[j][lane] (+)= panel row by filter row, over `count` products. On the way it asks for filter rows
// that will be wanted later. The panel is gathered, or a piece of x itself: two address spaces.
#define DEFINE_MULTIPLY(NAME, SPACE, PIXELS)                                                                       \
  inline void NAME(SPACE const ACC_T* panel, int pitch, global const ACC_T* w, int count, bool fresh, ACC16* sums, \
                   global const ACC_T* next, int step) {                                                           \
    ACC16 acc[2 * PIXELS]; /* in registers: every index below is a constant once unrolled */                       \
    _Pragma("unroll") for (int j = 0; j < 2 * PIXELS; j++) acc[j] = fresh ? (ACC16)0 : sums[j];                    \
    for (int kk = 0; kk < count; kk++, panel += pitch, next += step) {                                             \
      PREFETCH(next);                                                                                              \
      ACC16 w0 = vload16(0, w + kk * THREAD_K);                                                                    \
      ACC16 w1 = vload16(1, w + kk * THREAD_K);                                                                    \
      _Pragma("unroll") for (int j = 0; j < PIXELS; j++) {                                                         \
        ACC_T b = panel[COLUMN(j)];                                                                                \
        acc[2 * j] += w0 * b;                                                                                      \
        acc[2 * j + 1] += w1 * b;                                                                                  \
      }                                                                                                            \
    }                                                                                                              \
    _Pragma("unroll") for (int j = 0; j < 2 * PIXELS; j++) sums[j] = acc[j];                                       \
  }
