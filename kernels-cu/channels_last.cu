// SPDX-License-Identifier: Apache-2.0
//
// Copies a tensor so that its channels lie last, in whole vectors, for products whose sums run over them:
//
//   y[n][g][pixel][c] = x[n][g][c][pixel], and 0 for c from C up to `padded`; both in any order of n, g, pixel
//
// A block owns TILE_PIXELS pixels and WORDS words of channels of one n and g, which change places in shared memory. A
// word holds PACK neighbouring channels: threads read neighbouring pixels, one or, where rows are whole words, PACK at
// once, and write 16 bytes of channels. Lines of the tile are an odd distance apart, and half of them shifted by one
// more, so that neither direction meets a bank twice. (Ruetsch and Micikevicius, "Optimizing Matrix Transpose in
// CUDA".)

#ifndef ELEMENT_BYTES
#define ELEMENT_BYTES 2
#endif
#ifndef TILE_PIXELS
#define TILE_PIXELS 64  // pixels of a block
#endif
#ifndef WORDS
#define WORDS 32  // of channels, in a block
#endif
#ifndef THREADS
#define THREADS 256  // threads of a block
#endif

#include <ptx.cuh>

#define PACK (4 / ELEMENT_BYTES)
#define WARPS (THREADS / 32)

#if ELEMENT_BYTES == 4
typedef unsigned Element;
#elif ELEMENT_BYTES == 2
typedef unsigned short Element;
#else
typedef unsigned char Element;
#endif

#if TILE_PIXELS != 64 || WORDS != 32 || WORDS % WARPS != 0 || TILE_PIXELS * WORDS / 4 % THREADS != 0
#error "a warp reads 64 pixels of whole lines of words, and threads write the same number of vectors"
#endif

// The twin of ChannelsLastCopy on the host. Distances are in elements.
struct CopyParams {
  long long xN, xG, xC, xPixel;
  long long yN, yG, yPixel;
  int N, G, C, pixels;
  int padded;    // channels of y, a multiple of 16 bytes
  int together;  // whether PACK pixels of x are a word
};

struct Tile {
  unsigned words[TILE_PIXELS * (WORDS + 1) + 4];
};
static_assert(sizeof(Tile) == SHARED_BYTES, "SHARED_BYTES is not what the tile needs");

__device__ __forceinline__ int tileAt(int pixel, int word) { return pixel * (WORDS + 1) + pixel / 32 + word; }

// A word of neighbouring channels at one pixel.
__device__ __forceinline__ unsigned readChannels(const CopyParams& p, const Element* x, int c, int pixel) {
  unsigned word = 0;
#pragma unroll
  for (int e = 0; e < PACK; e++) {
    if (c + e < p.C && pixel < p.pixels) {
      word |= (unsigned)x[(c + e) * p.xC + pixel * p.xPixel] << (8 * ELEMENT_BYTES * e);
    }
  }
  return word;
}

#if PACK == 2
// Two neighbouring pixels of a channel.
__device__ __forceinline__ unsigned readPixels(const CopyParams& p, const Element* x, int c, int pixel) {
  return c < p.C && pixel < p.pixels ? *reinterpret_cast<const unsigned*>(x + (c * p.xC + pixel)) : 0;
}

__device__ __forceinline__ void readTogether(const CopyParams& p, const Element* x, int channel, int pixel,
                                             Tile& tile) {
  int line = threadIdx.x % 32 * 2;
  unsigned low[WORDS / WARPS], high[WORDS / WARPS];
#pragma unroll
  for (int n = 0; n < WORDS / WARPS; n++) {
    int c = channel + (threadIdx.x / 32 + n * WARPS) * 2;
    low[n] = readPixels(p, x, c, pixel + line);
    high[n] = readPixels(p, x, c + 1, pixel + line);
  }
#pragma unroll
  for (int n = 0; n < WORDS / WARPS; n++) {
    int word = threadIdx.x / 32 + n * WARPS;
    tile.words[tileAt(line, word)] = (low[n] & 0xffff) | high[n] << 16;
    tile.words[tileAt(line + 1, word)] = low[n] >> 16 | (high[n] & 0xffff0000);
  }
}
#endif

__device__ __forceinline__ void readTile(const CopyParams& p, const Element* x, int channel, int pixel, Tile& tile) {
#if PACK == 2
  if (p.together) {
    readTogether(p, x, channel, pixel, tile);
    return;
  }
#endif
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int line = half * 32 + threadIdx.x % 32;
    unsigned words[WORDS / WARPS];
#pragma unroll
    for (int n = 0; n < WORDS / WARPS; n++) {
      words[n] = readChannels(p, x, channel + (threadIdx.x / 32 + n * WARPS) * PACK, pixel + line);
    }
#pragma unroll
    for (int n = 0; n < WORDS / WARPS; n++) {
      tile.words[tileAt(line, threadIdx.x / 32 + n * WARPS)] = words[n];
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    channels_last(const __grid_constant__ CopyParams p, const Element* x, const void* w, const void* bias,
                  const void* residual, Element* y, void* workspace, const int* quant) {
  SHARED_MEMORY(Tile, tile);
  int rows = (p.pixels + TILE_PIXELS - 1) / TILE_PIXELS;
  int lines = (p.padded + WORDS * PACK - 1) / (WORDS * PACK);
  int pixel = blockIdx.x % rows * TILE_PIXELS;
  int channel = blockIdx.x / rows % lines * (WORDS * PACK);
  int outer = blockIdx.x / rows / lines;
  x += outer / p.G * p.xN + outer % p.G * p.xG;
  y += outer / p.G * p.yN + outer % p.G * p.yG;
  readTile(p, x, channel, pixel, tile);
  __syncthreads();  // the words from their readers
#pragma unroll
  for (int n = 0; n < TILE_PIXELS * WORDS / 4 / THREADS; n++) {
    int piece = threadIdx.x + n * THREADS;
    int line = piece / (WORDS / 4), word = piece % (WORDS / 4) * 4;
    int c = channel + word * PACK;
    if (pixel + line < p.pixels && c < p.padded) {
      const unsigned* words = &tile.words[tileAt(line, word)];
      *reinterpret_cast<uint4*>(y + ((pixel + line) * p.yPixel + c)) =
          make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
}
