// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM on the CUDA cores, fp32: gemm.cuh says what row, column and i are. A block owns TILE_K rows and
// TILE_NPQ columns and walks the sum in tiles of TILE_CRS through STAGES pieces of shared memory, which cp.async fills
// ahead; a thread owns THREAD_K x THREAD_NPQ results:
//
//                  TILE_NPQ                  x: gathered while it is copied, so there is no column matrix
//               +-----------+
//      TILE_CRS |     x     |                sums in the order of i, whatever the tile: the same bits for all of them
//               +-----------+
//   +------+    +-----------+                A_COPY, X_COPY: ELEMENTS        4 bytes, in the order they lie in
//   |  a   |    |     y     | TILE_K                         SUM_VECTORS     16 bytes along i
//   +------+    +-----------+                                RESULT_VECTORS  16 bytes along rows of a, columns of x
//
// Vectors along i stay so in shared memory, [row][i], and a thread reads four products of a row at once; they change
// places within the row (swizzled), so that neither eight rows read at one i nor two rows that are copied meet a bank
// twice. Else [i][row], and a thread reads four rows. (Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning",
// section 3.)

#define ELEMENTS 0
#define SUM_VECTORS 1
#define RESULT_VECTORS 2

#include "gemm.cuh"

#ifndef TILE_K
#define TILE_K 128  // rows of a block
#endif
#ifndef TILE_NPQ
#define TILE_NPQ 128  // columns of a block
#endif
#ifndef TILE_CRS
#define TILE_CRS 16  // products of a tile
#endif
#ifndef THREAD_K
#define THREAD_K 8  // rows of a thread
#endif
#ifndef THREAD_NPQ
#define THREAD_NPQ 8  // columns of a thread
#endif
#ifndef STAGES
#define STAGES 3  // tiles in shared memory
#endif
#ifndef THREADS
#define THREADS 256  // threads of a block
#endif
#ifndef MIN_BLOCKS
#define MIN_BLOCKS 2  // blocks that must fit a multiprocessor, which bounds the registers
#endif
#ifndef A_COPY
#define A_COPY ELEMENTS
#endif
#ifndef X_COPY
#define X_COPY ELEMENTS
#endif

#define THREADS_K (TILE_K / THREAD_K)
#define THREADS_NPQ (TILE_NPQ / THREAD_NPQ)
#define PAD 4                          // keeps lines by i apart by a vector
#define PIECES (TILE_CRS / 4)          // vectors of a line along i
#define ROWS_OF_BANKS (32 / TILE_CRS)  // lines that fill the banks once

#if THREADS_K * THREADS_NPQ != THREADS
#error "THREAD_K x THREAD_NPQ results of THREADS threads must cover the tile"
#endif
#if THREAD_K % 4 != 0 || THREAD_NPQ % 4 != 0 || TILE_CRS % 4 != 0
#error "a thread reads vectors of four"
#endif
#if (TILE_K * TILE_CRS) % (4 * THREADS) != 0 || (TILE_NPQ * TILE_CRS) % (4 * THREADS) != 0
#if A_COPY != ELEMENTS || X_COPY != ELEMENTS
#error "THREADS must divide both tiles' vectors"
#endif
#endif
#if THREADS % TILE_CRS != 0 || THREADS % TILE_K != 0 || THREADS % TILE_NPQ != 0
#error "a thread must keep to one i or to one row and column"
#endif
#if (A_COPY == SUM_VECTORS && THREADS_K % (PIECES * ROWS_OF_BANKS) != 0) || \
    (X_COPY == SUM_VECTORS && THREADS_NPQ % (PIECES * ROWS_OF_BANKS) != 0)
#error "all lines of a thread must have their vectors in the same order"
#endif

#if A_COPY == SUM_VECTORS
typedef float TileOfA[TILE_K][TILE_CRS];
#else
typedef float TileOfA[TILE_CRS][TILE_K + PAD];
#endif
#if X_COPY == SUM_VECTORS
typedef float TileOfX[TILE_NPQ][TILE_CRS];
#else
typedef float TileOfX[TILE_CRS][TILE_NPQ + PAD];
#endif

struct Tiles {
  TileOfA a[STAGES];
  TileOfX x[STAGES];
  Place sums[STAGES][TILE_CRS];
  int others[STAGES][TILE_CRS];  // where a product's element of a is, or NO_ELEMENT
  Place columns[TILE_NPQ];       // in the order of columnAt
};
typedef Staged<THREADS_K * 4, TILE_NPQ> Results;
union Memory {
  Tiles tiles;
  Results results;
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the tiles need");

// Where the vector that begins at i lies in a line along i.
__device__ __forceinline__ int swizzled(int line, int i) { return (i / 4 ^ line / ROWS_OF_BANKS % PIECES) * 4; }

// Where the place of a column is kept. Vectors look up the place of their first: those of one line lie side by side, as
// they are read together.
__device__ __forceinline__ int columnAt(int column) {
  return X_COPY == RESULT_VECTORS ? column % 4 * (TILE_NPQ / 4) + column / 4 : column;
}

// What the copies of a stage look up; separated from them by a barrier.
__device__ __forceinline__ void lookUp(const GemmParams& p, const Share& s, Tiles& tiles, int stage, int base) {
  if (threadIdx.x < TILE_CRS) {
    lookUpProduct(p, base + threadIdx.x, s.end, tiles.sums[stage][threadIdx.x], tiles.others[stage][threadIdx.x]);
  }
}

__device__ __forceinline__ void copyA(const GemmParams& p, const Share& s, const float* a, Tiles& tiles, int stage) {
#if A_COPY == SUM_VECTORS
#pragma unroll
  for (int n = 0; n < TILE_K * TILE_CRS / 4 / THREADS; n++) {
    int piece = threadIdx.x + n * THREADS;
    int row = piece / (TILE_CRS / 4), i = piece % (TILE_CRS / 4) * 4;
    int from = tiles.others[stage][i];
    bool valid = (from >= 0) & (s.row + row < p.rows);
    copyAsync<16>(&tiles.a[stage][row][swizzled(row, i)], a + ((s.row + row) * p.aRow + from), valid);
  }
#elif A_COPY == RESULT_VECTORS
#pragma unroll
  for (int n = 0; n < TILE_K * TILE_CRS / 4 / THREADS; n++) {
    int piece = threadIdx.x + n * THREADS;
    int i = piece / (TILE_K / 4), row = piece % (TILE_K / 4) * 4;
    int from = tiles.others[stage][i];
    bool valid = (from >= 0) & (s.row + row < p.rows);
    copyAsync<16>(&tiles.a[stage][i][row], a + (s.row + row + from), valid);
  }
#else
  if (p.aAlongSum) {
    int i = threadIdx.x % TILE_CRS, first = threadIdx.x / TILE_CRS;
    int from = tiles.others[stage][i];
    int rows = from >= 0 ? p.rows - s.row : 0;
    const float* element = a + ((s.row + first) * p.aRow + from);
#pragma unroll
    for (int row = 0; row < TILE_K; row += THREADS / TILE_CRS) {
      copyAsync<4>(&tiles.a[stage][i][first + row], element, first + row < rows);
      element += THREADS / TILE_CRS * (long long)p.aRow;
    }
  } else {
    int row = threadIdx.x % TILE_K, first = threadIdx.x / TILE_K;
    bool known = s.row + row < p.rows;
    const float* element = a + (s.row + row) * p.aRow;
#pragma unroll
    for (int n = 0; n < TILE_CRS; n += THREADS / TILE_K) {
      int from = tiles.others[stage][first + n];
      copyAsync<4>(&tiles.a[stage][first + n][row], element + from, known & (from >= 0));
    }
  }
#endif
}

template <int COUNT>
__device__ __forceinline__ void copyOfX(const GemmParams& p, const float* x, float* to, Place sum, Place column) {
  copyAsync<4 * COUNT>(to, x + (sum.x + column.x), inside(p, sum, column));
}

// Gathers columns of x.
__device__ __forceinline__ void copyX(const GemmParams& p, const float* x, Tiles& tiles, int stage) {
#if X_COPY == SUM_VECTORS
#pragma unroll
  for (int n = 0; n < TILE_NPQ * TILE_CRS / 4 / THREADS; n++) {
    int piece = threadIdx.x + n * THREADS;
    int column = piece / (TILE_CRS / 4), i = piece % (TILE_CRS / 4) * 4;
    copyOfX<4>(p, x, &tiles.x[stage][column][swizzled(column, i)], tiles.sums[stage][i], tiles.columns[column]);
  }
#elif X_COPY == RESULT_VECTORS
#pragma unroll
  for (int n = 0; n < TILE_NPQ * TILE_CRS / 4 / THREADS; n++) {
    int piece = threadIdx.x + n * THREADS;
    int i = piece / (TILE_NPQ / 4), column = piece % (TILE_NPQ / 4) * 4;
    copyOfX<4>(p, x, &tiles.x[stage][i][column], tiles.sums[stage][i], tiles.columns[columnAt(column)]);
  }
#else
  if (p.xAlongSum) {
    int i = threadIdx.x % TILE_CRS;
    Place sum = tiles.sums[stage][i];
#pragma unroll
    for (int n = 0; n < TILE_NPQ; n += THREADS / TILE_CRS) {
      int column = n + threadIdx.x / TILE_CRS;
      copyOfX<1>(p, x, &tiles.x[stage][i][column], sum, tiles.columns[column]);
    }
  } else {
    int column = threadIdx.x % TILE_NPQ;
    Place mine = tiles.columns[column];
#pragma unroll
    for (int n = 0; n < TILE_CRS; n += THREADS / TILE_NPQ) {
      int i = n + threadIdx.x / TILE_NPQ;
      copyOfX<1>(p, x, &tiles.x[stage][i][column], tiles.sums[stage][i], mine);
    }
  }
#endif
}

__device__ __forceinline__ void readFour(float (&into)[4], const float* from) {
  float4 four = *reinterpret_cast<const float4*>(from);
  into[0] = four.x;
  into[1] = four.y;
  into[2] = four.z;
  into[3] = four.w;
}

// Which of a tile's rows or columns a thread owns. Where it reads four rows at once: vectors of four, a whole row of
// threads apart; else neighbouring threads own neighbours. Either way a quarter of the rows, THREADS_K * 4, is staged
// together at the end.
__device__ __forceinline__ int stagedRow(int row) {
  int thread = threadIdx.x / THREADS_NPQ;
  return A_COPY == SUM_VECTORS ? row % 4 * THREADS_K + thread : thread * 4 + row % 4;
}
__device__ __forceinline__ int ownedRow(int row) { return row / 4 * (THREADS_K * 4) + stagedRow(row); }
__device__ __forceinline__ int ownedColumn(int column) {
  int thread = threadIdx.x % THREADS_NPQ;
  return X_COPY == SUM_VECTORS ? column * THREADS_NPQ + thread
                               : column / 4 * (THREADS_NPQ * 4) + thread * 4 + column % 4;
}

// Four products of the rows a thread owns.
__device__ __forceinline__ void readA(const Tiles& tiles, int stage, int first, float (&a)[THREAD_K][4]) {
#if A_COPY == SUM_VECTORS
  int piece = swizzled(threadIdx.x / THREADS_NPQ, first);  // of any row it owns
#pragma unroll
  for (int row = 0; row < THREAD_K; row++) {
    readFour(a[row], &tiles.a[stage][ownedRow(row)][piece]);
  }
#else
#pragma unroll
  for (int i = 0; i < 4; i++) {
#pragma unroll
    for (int row = 0; row < THREAD_K; row += 4) {
      float four[4];
      readFour(four, &tiles.a[stage][first + i][ownedRow(row)]);
#pragma unroll
      for (int r = 0; r < 4; r++) {
        a[row + r][i] = four[r];
      }
    }
  }
#endif
}

// Four products of four columns, the fours-th, that a thread owns.
__device__ __forceinline__ void readX(const Tiles& tiles, int stage, int first, int fours, float (&x)[4][4]) {
#if X_COPY == SUM_VECTORS
  int piece = swizzled(threadIdx.x % THREADS_NPQ, first);  // of any column it owns
#endif
#pragma unroll
  for (int n = 0; n < 4; n++) {
#if X_COPY == SUM_VECTORS
    readFour(x[n], &tiles.x[stage][ownedColumn(fours * 4 + n)][piece]);
#else
    float four[4];
    readFour(four, &tiles.x[stage][first + n][ownedColumn(fours * 4)]);
#pragma unroll
    for (int column = 0; column < 4; column++) {
      x[column][n] = four[column];
    }
#endif
  }
}

// Steps of four products in the loop's body: with more, vectors along i do not fit the registers.
constexpr int STEPS = X_COPY == SUM_VECTORS ? 1 : A_COPY == SUM_VECTORS ? 2 : TILE_CRS / 4;

__device__ __forceinline__ void multiply(const Tiles& tiles, int stage, float (&sums)[THREAD_K][THREAD_NPQ]) {
#pragma unroll STEPS
  for (int first = 0; first < TILE_CRS; first += 4) {
    float a[THREAD_K][4];
    readA(tiles, stage, first, a);
#pragma unroll
    for (int fours = 0; fours < THREAD_NPQ / 4; fours++) {
      float x[4][4];
      readX(tiles, stage, first, fours, x);
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int row = 0; row < THREAD_K; row++) {
#pragma unroll
          for (int column = 0; column < 4; column++) {
            float& sum = sums[row][fours * 4 + column];
            sum = fmaf(a[row][i], x[column][i], sum);
          }
        }
      }
    }
  }
}

__device__ __forceinline__ void write(const GemmParams& p, const Share& s, float (&sums)[THREAD_K][THREAD_NPQ],
                                      Results& results, const void* bias, const void* residual, void* y,
                                      void* workspace) {
  int pitch = stagedPitch<TILE_NPQ>(p);
#pragma unroll 1
  for (int quarter = 0; quarter < THREAD_K / 4; quarter++) {
    __syncthreads();  // the last readers of tiles or staged rows from what is staged now
    if (quarter == 0) {
      locateColumns(p, s, results);
    }
    // One turn of the outer loop in the code, and yet registers with constant indices.
#pragma unroll
    for (int row = 0; row < THREAD_K; row++) {
      if (row / 4 == quarter) {
#pragma unroll
        for (int column = 0; column < THREAD_NPQ; column++) {
          results.values[stagedRow(row) * pitch + ownedColumn(column)] = sums[row][column];
        }
      }
    }
    __syncthreads();  // what is staged from its readers
    storeRows(p, s, results, s.row + quarter * THREADS_K * 4, bias, residual, y, workspace, nullptr);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    implicit_gemm(const __grid_constant__ GemmParams p, const float* x, const float* w, const void* bias,
                  const void* residual, void* y, void* workspace, const int* quant) {
  SHARED_MEMORY(Memory, memory);
  Tiles& tiles = memory.tiles;
  Share s = share(p, TILE_K, TILE_NPQ);
  x += s.group * p.xGroup;
  w += s.group * p.aGroup;
  if (threadIdx.x < TILE_NPQ) {
    tiles.columns[columnAt(threadIdx.x)] = place(p, p.column, s.column + threadIdx.x, p.column.count);
  }
#pragma unroll 1
  for (int stage = 0; stage < STAGES; stage++) {
    lookUp(p, s, tiles, stage, s.begin + stage * TILE_CRS);
  }
  __syncthreads();  // the look-ups from their first readers
#pragma unroll 1
  for (int stage = 0; stage < STAGES - 1; stage++) {
    copyA(p, s, w, tiles, stage);
    copyX(p, x, tiles, stage);
    commitCopies();
  }
  float sums[THREAD_K][THREAD_NPQ] = {};
  int stage = 0;
#pragma unroll 1
  for (int base = s.begin; base < s.end; base += TILE_CRS) {
    waitCopies<STAGES - 2>();
    __syncthreads();  // this tile's copies from its readers, and the previous tile's readers from the next copies
    int ahead = stage == 0 ? STAGES - 1 : stage - 1;
    copyA(p, s, w, tiles, ahead);
    copyX(p, x, tiles, ahead);
    commitCopies();
    multiply(tiles, stage, sums);
    lookUp(p, s, tiles, stage, base + STAGES * TILE_CRS);
    stage = stage == STAGES - 1 ? 0 : stage + 1;
  }
  waitCopies<0>();
  write(p, s, sums, memory.results, bias, residual, y, workspace);
}
