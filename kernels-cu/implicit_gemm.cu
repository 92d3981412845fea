// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM on the CUDA cores, fp32: gemm.cuh says what row, column and i are. A block owns TILE_K rows and
// TILE_NPQ columns and walks the sum in tiles of TILE_CRS through STAGES pieces of shared memory, which cp.async fills
// ahead; a thread owns THREAD_K x THREAD_NPQ results as four quarters, so that its vector reads meet no bank twice:
//
//                  TILE_NPQ                  x: gathered while it is copied, so there is no column matrix
//               +-----------+
//      TILE_CRS |     x     |                [i][column] and [i][row]: a thread reads four rows or columns at once
//               +-----------+
//   +------+    +-----------+
//   |  a   |    |     y     | TILE_K         sums in the order of i, whatever the tile: the same bits for all of them
//   +------+    +-----------+
//
// (Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", section 3; the quarters are those of CUTLASS.)

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
#ifndef A_ALONG_SUM
#define A_ALONG_SUM 1  // whether a's neighbours in memory are neighbours in i, else in row
#endif
#ifndef X_ALONG_SUM
#define X_ALONG_SUM 0  // whether x's neighbours in memory are neighbours in i, else in column
#endif

#define THREADS_K (TILE_K / THREAD_K)
#define THREADS_NPQ (TILE_NPQ / THREAD_NPQ)
#define PAD 4  // keeps rows apart by a vector, so that neighbours along the sum go to other banks

#if THREADS_K * THREADS_NPQ != THREADS
#error "THREAD_K x THREAD_NPQ results of THREADS threads must cover the tile"
#endif
#if THREAD_K % 4 != 0 || THREAD_NPQ % 4 != 0
#error "a thread reads vectors of four"
#endif
#if (TILE_K * TILE_CRS) % THREADS != 0 || (TILE_NPQ * TILE_CRS) % THREADS != 0
#error "THREADS must divide both tiles"
#endif
#if THREADS % TILE_CRS != 0 || THREADS % TILE_K != 0 || THREADS % TILE_NPQ != 0
#error "a thread must keep to one i or to one row and column"
#endif

struct Tiles {
  float a[STAGES][TILE_CRS][TILE_K + PAD];
  float x[STAGES][TILE_CRS][TILE_NPQ + PAD];
#if X_ALONG_SUM
  Place columns[TILE_NPQ];
#else
  Place sums[STAGES][TILE_CRS];
#endif
};
typedef Staged<THREADS_K * 4, TILE_NPQ> Results;
union Memory {
  Tiles tiles;
  Results results;
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the tiles need");

// Copies rows of a for the products from `base` on.
__device__ __forceinline__ void copyA(const GemmParams& p, const Share& s, const float* a, Tiles& tiles, int stage,
                                      int base) {
#if A_ALONG_SUM
  int i = threadIdx.x % TILE_CRS;
  int first = threadIdx.x / TILE_CRS;
  bool known = base + i < s.end;
  const float* from = a + (known ? other(p.sum, base + i) : 0);
#pragma unroll
  for (int local = 0; local < TILE_K; local += THREADS / TILE_CRS) {
    int row = s.row + first + local;
    bool valid = known && row < p.rows;
    copyAsync<4>(&tiles.a[stage][i][first + local], valid ? from + row * p.aRow : a, valid);
  }
#else
  int rowLocal = threadIdx.x % TILE_K;
  bool known = s.row + rowLocal < p.rows;
#pragma unroll
  for (int local = 0; local < TILE_CRS; local += THREADS / TILE_K) {
    int i = threadIdx.x / TILE_K + local;
    bool valid = known && base + i < s.end;
    copyAsync<4>(&tiles.a[stage][i][rowLocal], valid ? a + (s.row + rowLocal) * p.aRow + other(p.sum, base + i) : a,
                 valid);
  }
#endif
}

// Gathers columns of x for the products from `base` on.
__device__ __forceinline__ void copyX(const GemmParams& p, const Share& s, const float* x, Tiles& tiles, int stage,
                                      int base, const Place& mine) {
#if X_ALONG_SUM
  int i = threadIdx.x % TILE_CRS;
  Place sum = place(p, p.sum, base + i, s.end);
#pragma unroll
  for (int local = 0; local < TILE_NPQ; local += THREADS / TILE_CRS) {
    int columnLocal = threadIdx.x / TILE_CRS + local;
    Place column = tiles.columns[columnLocal];
    bool valid = inside(p, sum, column);
    copyAsync<4>(&tiles.x[stage][i][columnLocal], valid ? x + sum.x + column.x : x, valid);
  }
#else
  int columnLocal = threadIdx.x % TILE_NPQ;
#pragma unroll
  for (int local = 0; local < TILE_CRS; local += THREADS / TILE_NPQ) {
    int i = threadIdx.x / TILE_NPQ + local;
    Place sum = tiles.sums[stage][i];
    bool valid = inside(p, sum, mine);
    copyAsync<4>(&tiles.x[stage][i][columnLocal], valid ? x + sum.x + mine.x : x, valid);
  }
#endif
}

// What the copies of a stage look up; separated from them by a barrier.
__device__ __forceinline__ void lookUp(const GemmParams& p, const Share& s, Tiles& tiles, int stage, int base) {
#if !X_ALONG_SUM
  if (threadIdx.x < TILE_CRS) {
    tiles.sums[stage][threadIdx.x] = place(p, p.sum, base + threadIdx.x, s.end);
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

// Which of a tile's rows or columns a thread owns: vectors of four, a whole row of threads apart.
__device__ __forceinline__ int ownedRow(int row) {
  return row / 4 * (THREADS_K * 4) + threadIdx.x / THREADS_NPQ * 4 + row % 4;
}
__device__ __forceinline__ int ownedColumn(int column) {
  return column / 4 * (THREADS_NPQ * 4) + threadIdx.x % THREADS_NPQ * 4 + column % 4;
}

__device__ __forceinline__ void multiply(const Tiles& tiles, int stage, float (&sums)[THREAD_K][THREAD_NPQ]) {
#pragma unroll
  for (int i = 0; i < TILE_CRS; i++) {
    float a[THREAD_K / 4][4];
    float x[THREAD_NPQ / 4][4];
#pragma unroll
    for (int four = 0; four < THREAD_K / 4; four++) {
      readFour(a[four], &tiles.a[stage][i][ownedRow(4 * four)]);
    }
#pragma unroll
    for (int four = 0; four < THREAD_NPQ / 4; four++) {
      readFour(x[four], &tiles.x[stage][i][ownedColumn(4 * four)]);
    }
#pragma unroll
    for (int row = 0; row < THREAD_K; row++) {
#pragma unroll
      for (int column = 0; column < THREAD_NPQ; column++) {
        sums[row][column] = fmaf(a[row / 4][row % 4], x[column / 4][column % 4], sums[row][column]);
      }
    }
  }
}

__device__ __forceinline__ void write(const GemmParams& p, const Share& s, float (&sums)[THREAD_K][THREAD_NPQ],
                                      Results& results, const void* bias, const void* residual, void* y,
                                      void* workspace) {
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
        for (int column = 0; column < THREAD_NPQ; column += 4) {
          float* four = sums[row] + column;
          *reinterpret_cast<float4*>(&results.values[ownedRow(row % 4)][ownedColumn(column)]) =
              make_float4(four[0], four[1], four[2], four[3]);
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
  Place mine = {0, NOWHERE, 0, 0};
#if X_ALONG_SUM
  if (threadIdx.x < TILE_NPQ) {
    tiles.columns[threadIdx.x] = place(p, p.column, s.column + threadIdx.x, p.column.count);
  }
#else
  mine = place(p, p.column, s.column + threadIdx.x % TILE_NPQ, p.column.count);
#endif
#pragma unroll 1
  for (int stage = 0; stage < STAGES; stage++) {
    lookUp(p, s, tiles, stage, s.begin + stage * TILE_CRS);
  }
  __syncthreads();  // the look-ups from their first readers
#pragma unroll 1
  for (int stage = 0; stage < STAGES - 1; stage++) {
    copyA(p, s, w, tiles, stage, s.begin + stage * TILE_CRS);
    copyX(p, s, x, tiles, stage, s.begin + stage * TILE_CRS, mine);
    commitCopies();
  }
  float sums[THREAD_K][THREAD_NPQ] = {};
  int stage = 0;
  for (int base = s.begin; base < s.end; base += TILE_CRS) {
    waitCopies<STAGES - 2>();
    __syncthreads();  // this tile's copies from its readers, and the previous tile's readers from the next copies
    int ahead = stage == 0 ? STAGES - 1 : stage - 1;
    copyA(p, s, w, tiles, ahead, base + (STAGES - 1) * TILE_CRS);
    copyX(p, s, x, tiles, ahead, base + (STAGES - 1) * TILE_CRS, mine);
    commitCopies();
    multiply(tiles, stage, sums);
    lookUp(p, s, tiles, stage, base + STAGES * TILE_CRS);
    stage = stage == STAGES - 1 ? 0 : stage + 1;
  }
  waitCopies<0>();
  write(p, s, sums, memory.results, bias, residual, y, workspace);
}
