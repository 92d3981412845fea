// SPDX-License-Identifier: Apache-2.0
//
// Convolution as a matrix product, for all three directions and both layouts:
//
//   y[row, column] = sum over i of a[row, i] * x[i, column]
//
//   forward          row k   column n o p q   i c t r s   a = w    x gathered
//   backward-data    row c   column n d h w   i k t r s   a = w    x = dy gathered
//   backward-filter  row k   column c t r s   i n o p q   a = dy   x gathered
//
// Column and i each fall into four digits: an outer one and one for each axis. Both move the place in x; the axes'
// digits move its coordinates, and where a coordinate leaves x the element is zero. So x at (i, column) is one addition
// and three comparisons of two places computed apart, and the direction is nothing but the numbers in the maps. A
// strided backward-data is one product for each phase of the stride, which has only the taps that meet it.
#pragma once

#include "common.cuh"

// The twin of IndexMap on the host.
struct IndexMap {
  int count;                                          // all digits
  int outer, d, h, w;                                 // their extents
  int outerFastest;                                   // whether the outer digit runs fastest, else slowest
  int xOuter;                                         // elements of x for a step of the outer digit
  int stepD, stepH, stepW;                            // coordinates for a step of an axis' digit
  int baseD, baseH, baseW;                            // coordinates at the beginning
  int otherOuter, otherD, otherH, otherW, otherBase;  // elements of a (for i) or y (for columns)
  // Division by the extents: (hi(n * multiply) + n) >> shift (Granlund and Montgomery, "Division by Invariant Integers
  // using Multiplication"). A division proper is thirty instructions, and a tile needs three for each index.
  unsigned outerMultiply, hMultiply, wMultiply, dMultiply;
  unsigned outerShift, hShift, wShift, dShift;
};

// The twin of GemmParams on the host.
struct GemmParams {
  ConvParams conv;  // the epilogue
  IndexMap sum, column;
  int rows;
  int aRow, yRow;               // elements for a row
  int aGroup, xGroup, yGroup;   // elements for a group
  int D, H, W, xPixel;          // extents of x, and elements for a step along W
  int groups, split, splitSum;  // parts of the sum, and the sum's indices in each but the last
  int xFill;                    // what bytes of x are where it is padded
  unsigned aFlip, xFlip;        // bits to flip so that bytes are signed
  int zeroPoints;               // whether zero points have to be taken out
  int aAlongSum, xAlongSum;     // whether neighbours in memory are neighbours in i, else in row or column
  int yVectors;                 // whether four neighbours in y lie together, aligned, or are all none of it
};

// Where an index leads: its part of the element's place in x and of the coordinates.
struct __align__(16) Place {
  int x, d, h, w;
};

struct Digits {
  int outer, d, h, w;
};

__device__ __forceinline__ int divide(int n, unsigned multiply, unsigned shift) {
  return (int)((__umulhi((unsigned)n, multiply) + (unsigned)n) >> shift);
}

__device__ __forceinline__ Digits digits(const IndexMap& map, int index) {
  Digits at;
  int rest = index;
  at.outer = 0;
  if (map.outerFastest) {
    int above = divide(rest, map.outerMultiply, map.outerShift);
    at.outer = rest - above * map.outer;
    rest = above;
  }
  int rows = divide(rest, map.wMultiply, map.wShift);
  at.w = rest - rows * map.w;
  int planes = divide(rows, map.hMultiply, map.hShift);
  at.h = rows - planes * map.h;
  int above = divide(planes, map.dMultiply, map.dShift);
  at.d = planes - above * map.d;
  if (!map.outerFastest) {
    at.outer = above;
  }
  return at;
}

// Far outside of every tensor, and far from overflow when another place is added.
#define NOWHERE (-(1 << 30))

// An index behind the last product has no element of a. A multiple of every vector: copies of nothing must be aligned
// too.
#define NO_ELEMENT (-16)

__device__ __forceinline__ Place placeOf(const GemmParams& p, const IndexMap& map, const Digits& at) {
  Place place;
  place.d = at.d * map.stepD + map.baseD;
  place.h = at.h * map.stepH + map.baseH;
  place.w = at.w * map.stepW + map.baseW;
  place.x = at.outer * map.xOuter + ((place.d * p.H + place.h) * p.W + place.w) * p.xPixel;
  return place;
}

// The place of an index, or one outside of x when it is not below `end`.
__device__ __forceinline__ Place place(const GemmParams& p, const IndexMap& map, int index, int end) {
  if (index < end) {
    return placeOf(p, map, digits(map, index));
  }
  return {0, NOWHERE, 0, 0};
}

__device__ __forceinline__ int otherOf(const IndexMap& map, const Digits& at) {
  return map.otherBase + at.outer * map.otherOuter + at.d * map.otherD + at.h * map.otherH + at.w * map.otherW;
}

__device__ __forceinline__ int other(const IndexMap& map, int index) { return otherOf(map, digits(map, index)); }

// What the copies of a product look up: its place in x, and where its element of a is, or NO_ELEMENT.
__device__ __forceinline__ void lookUpProduct(const GemmParams& p, int index, int end, Place& sum, int& other) {
  if (index < end) {
    Digits at = digits(p.sum, index);
    sum = placeOf(p, p.sum, at);
    other = otherOf(p.sum, at);
  } else {
    sum = {0, NOWHERE, 0, 0};
    other = NO_ELEMENT;
  }
}

__device__ __forceinline__ bool inside(const GemmParams& p, Place i, Place column) {
  bool d = (unsigned)(i.d + column.d) < (unsigned)p.D;
  bool h = (unsigned)(i.h + column.h) < (unsigned)p.H;
  bool w = (unsigned)(i.w + column.w) < (unsigned)p.W;
  return d & h & w;  // no branches
}

// The block's share: blockIdx.x counts columns of tiles, y rows, z groups and parts of the sum.
struct Share {
  int group, part, row, column, begin, end;
};

__device__ __forceinline__ Share share(const GemmParams& p, int tileRows, int tileColumns) {
  Share s;
  s.group = blockIdx.z % p.groups;
  s.part = blockIdx.z / p.groups;
  s.row = blockIdx.y * tileRows;
  s.column = blockIdx.x * tileColumns;
  s.begin = s.part * p.splitSum;
  s.end = min(p.sum.count, s.begin + p.splitSum);
  return s;
}

// Where a partial sum goes: parts, then groups, rows, columns.
__device__ __forceinline__ long long partialIndex(const GemmParams& p, const Share& s, int row, int column) {
  return (((long long)s.part * p.groups + s.group) * p.rows + row) * p.column.count + column;
}

// Results on their way from registers to y: they meet in shared memory, so that neighbouring threads store neighbouring
// elements in either layout, and so that the epilogue is in the code once.
template <int ROWS, int COLUMNS>
struct Staged {
  __align__(16) Acc values[ROWS * (COLUMNS + 5)];
  int at[COLUMNS];  // where a column lies in y
};

// Whether neighbours in y are rows.
__device__ __forceinline__ bool storesAlongRows(const GemmParams& p) { return p.yRow == 1 && p.split == 1; }

// Elements from a staged row to the next. Where y runs along rows, 32 threads take four rows each of four columns: they
// meet no bank twice when the distance is odd. Else they take columns in whole vectors.
template <int COLUMNS>
__device__ __forceinline__ int stagedPitch(const GemmParams& p) {
  return storesAlongRows(p) ? COLUMNS + 5 : COLUMNS + 4;
}

// To be followed by a barrier.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void locateColumns(const GemmParams& p, const Share& s, Staged<ROWS, COLUMNS>& staged) {
  for (int local = threadIdx.x; local < COLUMNS; local += blockDim.x) {
    int column = s.column + local;
    staged.at[local] = column < p.column.count ? other(p.column, column) : -1;
  }
}

// Stores staged rows, the first of which is row `first` of the product: pieces of PIECE rows that lie STEP apart. Four
// neighbours at a time where the host knows that y has room for whole vectors.
template <int ROWS, int COLUMNS, int PIECE = ROWS, int STEP = ROWS>
__device__ __forceinline__ void storeRows(const GemmParams& p, const Share& s, const Staged<ROWS, COLUMNS>& staged,
                                          int first, const void* bias, const void* residual, void* y, void* workspace,
                                          const int* quant) {
  bool alongRows = storesAlongRows(p);
  int pitch = stagedPitch<COLUMNS>(p);
  int four = p.yVectors && p.split == 1 ? 4 : 1;
  int rowStep = alongRows ? four : 1, columnStep = alongRows ? 1 : four;
#pragma unroll 1
  for (int index = threadIdx.x; index * four < ROWS * COLUMNS; index += blockDim.x) {
    int begin = index * four;
    int local = alongRows ? begin % ROWS : begin / COLUMNS;
    int columnLocal = alongRows ? begin / ROWS : begin % COLUMNS;
    int row = first + local / PIECE * STEP + local % PIECE;
    int at = staged.at[columnLocal];
    if (row >= p.rows || at < 0) {
      continue;
    }
    int channel = s.group * p.rows + row;
    long long place = (long long)s.group * p.yGroup + at + row * p.yRow;
    const Acc* value = &staged.values[local * pitch + columnLocal];
    if (p.split > 1) {
      static_cast<Acc*>(workspace)[partialIndex(p, s, row, s.column + columnLocal)] = *value;
      continue;
    }
    Acc sums[4];
    if (columnStep > 1) {
      uint4 vector = *reinterpret_cast<const uint4*>(value);
      unsigned bits[4] = {vector.x, vector.y, vector.z, vector.w};
#pragma unroll
      for (int n = 0; n < 4; n++) {
        sums[n] = decode(bits[n], ACC_TYPE);
      }
    } else {
#pragma unroll
      for (int n = 0; n < 4; n++) {
        // What lies behind a single one is not used, but must be there.
        sums[n] = value[rowStep > 1 ? n * pitch : 0];
      }
    }
    finishFour(p.conv, sums, four, four == 4, channel, rowStep > 1 ? 1 : 0, place, 0, bias, residual, y, quant);
  }
}
