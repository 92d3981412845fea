// SPDX-License-Identifier: Apache-2.0
//
// Implicit GEMM on the tensor cores: gemm.cuh says what row, column and i are. A block owns TILE_K rows and TILE_NPQ
// columns, a warp WARP_K x WARP_NPQ of them as 16x8 products of mma.sync. Shared memory holds words of PACK neighbours
// in i (one f32 for TF32, two 16-bit floats, four bytes), one row of them for each row of a and each column of x, so
// that one code serves all types:
//
//      x[column][word] : TILE_NPQ x WORDS   A_COPY, X_COPY: ELEMENTS        one by one, in the order they lie in
//      a[row][word]    : TILE_K x WORDS                     SUM_VECTORS     16 bytes along i by cp.async; the host
//                                                                           checks that it is whole or outside
//                                                           RESULT_VECTORS  likewise along rows of a, columns of x
//
// Vectors along rows and columns stay so in shared memory, [i][row], and are transposed on the way to the registers.
// Else pieces of 16 bytes change places within a row (swizzled), so that neither eight rows of ldmatrix nor eight
// copies meet a bank twice. Bytes: an unsigned operand is read as signed by flipping its top bit, which moves its zero
// point by 128; the zero points are taken out at the end by the sums of rows and columns.

#define TF32_TYPE 0
#define F16_TYPE 1
#define BF16_TYPE 2
#define S8_TYPE 3

#define ELEMENTS 0
#define SUM_VECTORS 1
#define RESULT_VECTORS 2

#ifndef TILE_K
#define TILE_K 128  // rows of a block
#endif
#ifndef TILE_NPQ
#define TILE_NPQ 128  // columns of a block
#endif
#ifndef WARP_K
#define WARP_K 64  // rows of a warp
#endif
#ifndef WARP_NPQ
#define WARP_NPQ 32  // columns of a warp
#endif
#ifndef TILE_CRS
#define TILE_CRS 32  // products of a tile
#endif
#ifndef STAGES
#define STAGES 3  // tiles in shared memory
#endif
#ifndef THREADS
#define THREADS 256  // threads of a block
#endif
#ifndef MIN_BLOCKS
#define MIN_BLOCKS 1  // blocks that must fit a multiprocessor, which bounds the registers
#endif
#ifndef TENSOR_TYPE
#define TENSOR_TYPE F16_TYPE
#endif
#ifndef A_COPY
#define A_COPY ELEMENTS
#endif
#ifndef X_COPY
#define X_COPY ELEMENTS
#endif

#include "tensor_tiles.cuh"

typedef Staged<WARPS_K * 16, TILE_NPQ> Results;
union Memory {
  Tiles tiles;
  Results results;
  int lines[TILE_K + TILE_NPQ];  // sums of rows, then of columns
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the tiles need");

typedef Acc Sums[WARP_K / 16][WARP_NPQ / 8][4];

// TF32 is rounded here and not cut off by the hardware; unsigned bytes become signed ones.
__device__ __forceinline__ void convert(unsigned (&words)[4], unsigned flip) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if TENSOR_TYPE == TF32_TYPE
    words[i] = toTf32(words[i]);
#elif TENSOR_TYPE == S8_TYPE
    words[i] ^= flip;
#endif
  }
}

__device__ __forceinline__ void multiply(const GemmParams& p, const Tiles& tiles, int stage, Sums& sums) {
  int warp = threadIdx.x / 32;
  int rowWarp = warp / WARPS_NPQ * WARP_K;
  int columnWarp = warp % WARPS_NPQ * WARP_NPQ;
#pragma unroll
  for (int step = 0; step < WORDS; step += 8) {
    unsigned a[WARP_K / 16][4];
    unsigned x[WARP_NPQ / 16][4];
#pragma unroll
    for (int i = 0; i < WARP_K / 16; i++) {
      readA(tiles, stage, rowWarp + i * 16, step, a[i]);
      convert(a[i], p.aFlip);
    }
#pragma unroll
    for (int i = 0; i < WARP_NPQ / 16; i++) {
      readX(tiles, stage, columnWarp + i * 16, step, x[i]);
      convert(x[i], p.xFlip);
    }
#pragma unroll
    for (int i = 0; i < WARP_K / 16; i++) {
#pragma unroll
      for (int j = 0; j < WARP_NPQ / 8; j++) {
        unsigned b[2] = {x[j / 2][j % 2 * 2], x[j / 2][j % 2 * 2 + 1]};
        multiplyAdd(Tag(), sums[i][j], a[i], b);
      }
    }
  }
}

#if TENSOR_TYPE == S8_TYPE
// The sums of a tile's row (thread below TILE_K) or column (the next TILE_NPQ threads), byte by byte.
__device__ __forceinline__ int sumOfWords(const unsigned* words, unsigned flip) {
  int sum = 0;
#pragma unroll 4
  for (int word = 0; word < WORDS; word++) {
    sum = __dp4a((int)(words[word] ^ flip), 0x01010101, sum);
  }
  return sum;
}

// Where a thread's results are within the tile.
__device__ __forceinline__ int rowOf(int i, int n) {
  return threadIdx.x / 32 / WARPS_NPQ * WARP_K + i * 16 + threadIdx.x % 32 / 4 + n / 2 * 8;
}
__device__ __forceinline__ int columnOf(int j, int n) {
  return threadIdx.x / 32 % WARPS_NPQ * WARP_NPQ + j * 8 + threadIdx.x % 4 * 2 + n % 2;
}

// From sums of a*x to sums of (a - za)*(x - zx), over whole tiles: what fills their ends is zx or za and adds nothing.
__device__ __forceinline__ void removeZeroPoints(const GemmParams& p, const Share& s, int lineSum, int* lines,
                                                 Sums& sums, const int* quant) {
  __syncthreads();  // the last readers of tiles from the sums of lines
  if (threadIdx.x < TILE_K + TILE_NPQ) {
    lines[threadIdx.x] = lineSum;
  }
  __syncthreads();  // the sums of lines from their readers
  int xZero = p.conv.xZero - (p.xFlip ? 128 : 0);
  int products = CEIL_DIV(s.end - s.begin, TILE_CRS) * TILE_CRS;
#pragma unroll
  for (int i = 0; i < WARP_K / 16; i++) {
#pragma unroll
    for (int n = 0; n < 4; n++) {
      int row = min(s.row + rowOf(i, n), p.rows - 1);
      int aZero = quant[s.group * p.rows + row] - (p.aFlip ? 128 : 0);
#pragma unroll
      for (int j = 0; j < WARP_NPQ / 8; j++) {
        sums[i][j][n] += aZero * (products * xZero - lines[TILE_K + columnOf(j, n)]) - xZero * lines[rowOf(i, n)];
      }
    }
  }
}
#endif

__device__ __forceinline__ void write(const GemmParams& p, const Share& s, Sums& sums, Results& results,
                                      const void* bias, const void* residual, void* y, void* workspace,
                                      const int* quant) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int pitch = stagedPitch<TILE_NPQ>(p);
#pragma unroll 1
  for (int i = 0; i < WARP_K / 16; i++) {
    __syncthreads();  // the last readers of tiles or staged rows from what is staged now
    if (i == 0) {
      locateColumns(p, s, results);
    }
    // One turn of the outer loop in the code, and yet registers with constant indices.
#pragma unroll
    for (int turn = 0; turn < WARP_K / 16; turn++) {
      if (turn == i) {
#pragma unroll
        for (int j = 0; j < WARP_NPQ / 8; j++) {
#pragma unroll
          for (int n = 0; n < 4; n++) {
            int row = warp / WARPS_NPQ * 16 + lane / 4 + n / 2 * 8;
            int column = warp % WARPS_NPQ * WARP_NPQ + j * 8 + lane % 4 * 2 + n % 2;
            results.values[row * pitch + column] = sums[turn][j][n];
          }
        }
      }
    }
    __syncthreads();  // what is staged from its readers
    storeRows<WARPS_K * 16, TILE_NPQ, 16, WARP_K>(p, s, results, s.row + i * 16, bias, residual, y, workspace, quant);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, MIN_BLOCKS)
    tensor_gemm(const __grid_constant__ GemmParams p, const Element* x, const Element* w, const void* bias,
                const void* residual, void* y, void* workspace, const int* quant) {
#if __CUDA_ARCH__ >= 800 || TENSOR_TYPE == F16_TYPE || TENSOR_TYPE == S8_TYPE
  SHARED_MEMORY(Memory, memory);
  Tiles& tiles = memory.tiles;
  Share s = share(p, TILE_K, TILE_NPQ);
  x += s.group * p.xGroup;
  w += s.group * p.aGroup;
  for (int column = threadIdx.x; column < TILE_NPQ; column += THREADS) {
    tiles.columns[columnAt(column)] = place(p, p.column, s.column + column, p.column.count);
  }
#pragma unroll 1
  for (int stage = 0; stage < STAGES; stage++) {
    lookUp(p, s, tiles, stage, s.begin + stage * TILE_CRS);
  }
  __syncthreads();  // the look-ups from their first readers
  Pending pending;
#pragma unroll 1
  for (int stage = 0; stage < STAGES - 1; stage++) {
    fetchA(p, s, w, tiles, stage, pending);
    fetchX(p, x, tiles, stage, pending);
    commitCopies();
    land(p, tiles, stage, pending);
  }
  Sums sums = {};
#if TENSOR_TYPE == S8_TYPE
  int lineSum = 0;
#endif
  int stage = 0;
#pragma unroll 1
  for (int base = s.begin; base < s.end; base += TILE_CRS) {
    waitCopies<STAGES - 2>();
    __syncthreads();  // this tile from its readers, and the previous tile's readers from the next copies
    int ahead = stage == 0 ? STAGES - 1 : stage - 1;
    fetchA(p, s, w, tiles, ahead, pending);
    fetchX(p, x, tiles, ahead, pending);
    commitCopies();
    multiply(p, tiles, stage, sums);
#if TENSOR_TYPE == S8_TYPE
    if (p.zeroPoints) {
      if (threadIdx.x < TILE_K) {
        lineSum += sumOfWords(tiles.a[stage][threadIdx.x], p.aFlip);
      } else if (threadIdx.x < TILE_K + TILE_NPQ) {
        lineSum += sumOfWords(tiles.x[stage][threadIdx.x - TILE_K], p.xFlip);
      }
    }
#endif
    land(p, tiles, ahead, pending);
    lookUp(p, s, tiles, stage, base + STAGES * TILE_CRS);
    stage = stage == STAGES - 1 ? 0 : stage + 1;
  }
  waitCopies<0>();
#if TENSOR_TYPE == S8_TYPE
  if (p.zeroPoints) {
    removeZeroPoints(p, s, lineSum, memory.lines, sums, quant);
  }
#endif
  write(p, s, sums, memory.results, bias, residual, y, workspace, quant);
#endif
}
