// SPDX-License-Identifier: Apache-2.0
// The tiles of tensor_gemm.cu in shared memory, and the ways operands get there and from there to the tensor cores.
// Included behind its macros.
#pragma once

#include "gemm.cuh"

#if TENSOR_TYPE == TF32_TYPE
typedef Tf32 Tag;
typedef unsigned Element;
#define PACK 1
#elif TENSOR_TYPE == F16_TYPE
typedef F16 Tag;
typedef unsigned short Element;
#define PACK 2
#elif TENSOR_TYPE == BF16_TYPE
typedef Bf16 Tag;
typedef unsigned short Element;
#define PACK 2
#else
typedef S8 Tag;
typedef unsigned char Element;
#define PACK 4
#endif

#define WORDS (TILE_CRS / PACK)
#define PIECES (WORDS / 4)          // of 16 bytes in a row
#define ROWS_OF_BANKS (32 / WORDS)  // rows that fill the banks once
#define WARPS_K (TILE_K / WARP_K)
#define WARPS_NPQ (TILE_NPQ / WARP_NPQ)
#define A_WORDS (TILE_K * WORDS / THREADS)
#define X_WORDS (TILE_NPQ * WORDS / THREADS)
#define VECTOR (4 * PACK)  // elements of 16 bytes
#define PAD 8              // keeps lines by i apart: neither eight rows of ldmatrix nor four words meet a bank twice

#if WARPS_K * WARPS_NPQ * 32 != THREADS
#error "the warps must cover the tile"
#endif
#if WARP_K % 16 != 0 || WARP_NPQ % 16 != 0
#error "a warp owns whole products of mma.sync, two at a time along columns"
#endif
#if WORDS != 8 && WORDS != 16 && WORDS != 32
#error "a tile must hold whole steps of mma.sync, and rows must fill the banks in whole numbers"
#endif
#if TENSOR_TYPE == S8_TYPE && THREADS < TILE_K + TILE_NPQ
#error "each line of a tile needs a thread to sum it"
#endif
#if A_COPY == ELEMENTS && THREADS % TILE_K != 0 || X_COPY == ELEMENTS && THREADS % TILE_NPQ != 0
#error "a thread must keep to one word or to one row and column"
#endif
#if TENSOR_TYPE == S8_TYPE && (A_COPY == RESULT_VECTORS || X_COPY == RESULT_VECTORS)
#error "nothing transposes bytes on the way to the tensor cores"
#endif

#if A_COPY == RESULT_VECTORS
typedef Element TileOfA[TILE_CRS][TILE_K + PAD];
#else
typedef unsigned TileOfA[TILE_K][WORDS];
#endif
#if X_COPY == RESULT_VECTORS
typedef Element TileOfX[TILE_CRS][TILE_NPQ + PAD];
#else
typedef unsigned TileOfX[TILE_NPQ][WORDS];
#endif

struct Tiles {
  __align__(16) TileOfA a[STAGES];
  __align__(16) TileOfX x[STAGES];
  Place sums[STAGES][TILE_CRS];  // in the order of placeAt
  int others[STAGES][TILE_CRS];  // where a product's element of a is, or NO_ELEMENT
  Place columns[TILE_NPQ];       // in the order of columnAt
};
// A thread's words on their way through registers.
struct Pending {
  unsigned a[A_COPY == ELEMENTS && PACK > 1 ? A_WORDS : 1];
  unsigned x[X_COPY == ELEMENTS && PACK > 1 ? X_WORDS : 1];
};

// Where a word of a row lies.
__device__ __forceinline__ int swizzled(int row, int word) {
  return (word / 4 ^ row / ROWS_OF_BANKS % PIECES) * 4 + word % 4;
}

// Where the place of a product is kept. Vectors look up the place of their first: those of one row lie side by side, as
// they are read together.
__device__ __forceinline__ int placeAt(int i) { return X_COPY == SUM_VECTORS ? i % VECTOR * PIECES + i / VECTOR : i; }

// Where the place of a column is kept, likewise.
__device__ __forceinline__ int columnAt(int column) {
  return X_COPY == RESULT_VECTORS ? column % VECTOR * (TILE_NPQ / VECTOR) + column / VECTOR : column;
}

// What the copies of a stage look up; separated from them by a barrier.
__device__ __forceinline__ void lookUp(const GemmParams& p, const Share& s, Tiles& tiles, int stage, int base) {
  if (threadIdx.x < TILE_CRS) {
    lookUpProduct(p, base + threadIdx.x, s.end, tiles.sums[stage][placeAt(threadIdx.x)],
                  tiles.others[stage][threadIdx.x]);
  }
}

// The row or column and the word that a thread's n-th word is.
__device__ __forceinline__ int lineOf(bool alongSum, int lines, int n) {
  return alongSum ? threadIdx.x / WORDS + n * (THREADS / WORDS) : threadIdx.x % lines;
}
__device__ __forceinline__ int wordOf(bool alongSum, int lines, int n) {
  return alongSum ? threadIdx.x % WORDS : threadIdx.x / lines + n * (THREADS / lines);
}

__device__ __forceinline__ void fetchWordOfA(const GemmParams& p, const Share& s, const Element* a, Tiles& tiles,
                                             int stage, int row, int word, unsigned& pending) {
  const Element* line = a + (s.row + row) * p.aRow;
  bool known = s.row + row < p.rows;
#if PACK == 1
  int from = tiles.others[stage][word];
  copyAsync<4>(&tiles.a[stage][row][swizzled(row, word)], line + from, known & (from >= 0));
#else
  pending = 0;
#pragma unroll
  for (int e = 0; e < PACK; e++) {
    int from = tiles.others[stage][word * PACK + e];
    pending |= (known & (from >= 0) ? (unsigned)line[from] : 0) << (32 / PACK * e);
  }
#endif
}

// Begins to fetch a tile of a.
__device__ __forceinline__ void fetchA(const GemmParams& p, const Share& s, const Element* a, Tiles& tiles, int stage,
                                       Pending& pending) {
#if A_COPY == SUM_VECTORS
#pragma unroll
  for (int n = 0; n < A_WORDS / 4; n++) {
    int piece = threadIdx.x + n * THREADS;
    int row = piece / PIECES, word = piece % PIECES * 4;
    int from = tiles.others[stage][word * PACK];
    bool valid = (from >= 0) & (s.row + row < p.rows);
    copyAsync<16>(&tiles.a[stage][row][swizzled(row, word)], a + ((s.row + row) * p.aRow + from), valid);
  }
#elif A_COPY == RESULT_VECTORS
#pragma unroll
  for (int n = 0; n < A_WORDS / 4; n++) {
    int piece = threadIdx.x + n * THREADS;
    int i = piece / (TILE_K / VECTOR), row = piece % (TILE_K / VECTOR) * VECTOR;
    int from = tiles.others[stage][i];
    bool valid = (from >= 0) & (s.row + row < p.rows);
    copyAsync<16>(&tiles.a[stage][i][row], a + (s.row + row + from), valid);
  }
#else
#pragma unroll
  for (int alongSum = 0; alongSum < 2; alongSum++) {
    if (alongSum == p.aAlongSum) {
#pragma unroll
      for (int n = 0; n < A_WORDS; n++) {
        fetchWordOfA(p, s, a, tiles, stage, lineOf(alongSum, TILE_K, n), wordOf(alongSum, TILE_K, n),
                     pending.a[PACK > 1 ? n : 0]);
      }
    }
  }
#endif
}

__device__ __forceinline__ void fetchWordOfX(const GemmParams& p, const Element* x, Tiles& tiles, int stage, int column,
                                             int word, unsigned& pending) {
  Place at = tiles.columns[column];
#if PACK == 1
  Place sum = tiles.sums[stage][word];
  copyAsync<4>(&tiles.x[stage][column][swizzled(column, word)], x + (sum.x + at.x), inside(p, sum, at));
#else
  pending = 0;
#pragma unroll
  for (int e = 0; e < PACK; e++) {
    Place sum = tiles.sums[stage][word * PACK + e];
    pending |= (inside(p, sum, at) ? (unsigned)x[sum.x + at.x] : (unsigned)(Element)p.xFill) << (32 / PACK * e);
  }
#endif
}

// Begins to gather a tile of x.
__device__ __forceinline__ void fetchX(const GemmParams& p, const Element* x, Tiles& tiles, int stage,
                                       Pending& pending) {
#if X_COPY == SUM_VECTORS
#pragma unroll
  for (int n = 0; n < X_WORDS / 4; n++) {
    int piece = threadIdx.x + n * THREADS;
    int column = piece / PIECES, word = piece % PIECES * 4;
    Place sum = tiles.sums[stage][placeAt(word * PACK)];
    Place at = tiles.columns[column];
    copyAsync<16>(&tiles.x[stage][column][swizzled(column, word)], x + (sum.x + at.x), inside(p, sum, at));
  }
#elif X_COPY == RESULT_VECTORS
#pragma unroll
  for (int n = 0; n < X_WORDS / 4; n++) {
    int piece = threadIdx.x + n * THREADS;
    int i = piece / (TILE_NPQ / VECTOR), column = piece % (TILE_NPQ / VECTOR) * VECTOR;
    Place sum = tiles.sums[stage][i];
    Place at = tiles.columns[columnAt(column)];
    copyAsync<16>(&tiles.x[stage][i][column], x + (sum.x + at.x), inside(p, sum, at));
  }
#else
#pragma unroll
  for (int alongSum = 0; alongSum < 2; alongSum++) {
    if (alongSum == p.xAlongSum) {
#pragma unroll
      for (int n = 0; n < X_WORDS; n++) {
        fetchWordOfX(p, x, tiles, stage, lineOf(alongSum, TILE_NPQ, n), wordOf(alongSum, TILE_NPQ, n),
                     pending.x[PACK > 1 ? n : 0]);
      }
    }
  }
#endif
}

// Stores what went through registers.
__device__ __forceinline__ void land(const GemmParams& p, Tiles& tiles, int stage, const Pending& pending) {
#if A_COPY == ELEMENTS && PACK > 1
#pragma unroll
  for (int n = 0; n < A_WORDS; n++) {
    int row = lineOf(p.aAlongSum, TILE_K, n);
    tiles.a[stage][row][swizzled(row, wordOf(p.aAlongSum, TILE_K, n))] = pending.a[n];
  }
#endif
#if X_COPY == ELEMENTS && PACK > 1
#pragma unroll
  for (int n = 0; n < X_WORDS; n++) {
    int column = lineOf(p.xAlongSum, TILE_NPQ, n);
    tiles.x[stage][column][swizzled(column, wordOf(p.xAlongSum, TILE_NPQ, n))] = pending.x[n];
  }
#endif
}

// The fragment of 16 rows and 8 words of a.
__device__ __forceinline__ void readA(const Tiles& tiles, int stage, int row, int word, unsigned (&words)[4]) {
  int lane = threadIdx.x % 32;
#if A_COPY != RESULT_VECTORS
  int line = row + lane % 16;
  loadMatrices(words, &tiles.a[stage][line][swizzled(line, word + lane / 16 * 4)]);
#elif PACK == 2
  loadTransposed(words, &tiles.a[stage][word * PACK + lane / 16 * 8 + lane % 8][row + lane / 8 % 2 * 8]);
#else
#pragma unroll
  for (int n = 0; n < 4; n++) {
    words[n] = tiles.a[stage][word + lane % 4 + n / 2 * 4][row + lane / 4 + n % 2 * 8];
  }
#endif
}

// The fragments of twice 8 columns and 8 words of x.
__device__ __forceinline__ void readX(const Tiles& tiles, int stage, int column, int word, unsigned (&words)[4]) {
  int lane = threadIdx.x % 32;
#if X_COPY != RESULT_VECTORS
  int line = column + lane / 16 * 8 + lane % 8;
  loadMatrices(words, &tiles.x[stage][line][swizzled(line, word + lane / 8 % 2 * 4)]);
#elif PACK == 2
  loadTransposed(words, &tiles.x[stage][word * PACK + lane / 8 % 2 * 8 + lane % 8][column + lane / 16 * 8]);
#else
#pragma unroll
  for (int n = 0; n < 4; n++) {
    words[n] = tiles.x[stage][word + lane % 4 + n % 2 * 4][column + lane / 4 + n / 2 * 8];
  }
#endif
}
