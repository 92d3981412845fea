// SPDX-License-Identifier: Apache-2.0
//
// Winograd F(4x4, 3x3) shaped for a CPU, NCHW: a quarter of the products of a direct sum. One work-item
// is a work-group; it owns 14 tiles of 4x4 pixels, side by side in ROWS rows, and up to `split` filters:
//
//   6x6 windows of TILE_C channels  --transform-->  36 panels [c][16 tiles]     (lanes: tiles)
//   36 products, panel by filter, 14 tiles x 32 filters                         (lanes: filters)
//   36 sums of each tile  --transform, transpose-->  4x4 pixels of each filter
//
// The points are 0, +-5/8, +-3/2 and infinity. (Lavin and Gray, "Fast Algorithms for Convolutional
// Neural Networks"; Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution
// for Deep Neural Networks", for the points.)

#ifndef ROWS
#define ROWS 1  // rows of tiles: one of 14 tiles, or two of 7
#endif
#ifndef TILE_C
#define TILE_C 64  // channels transformed at a time: panels of 144 KiB
#endif
#ifndef TILE_K
#define TILE_K 64  // most filters of one work-item
#endif
#define AHEAD 4  // channels between the one that is transformed and the one that is asked for
#define TILES 14
#define ROW_TILES (TILES / ROWS)
#define POINTS 36
#define PANEL (TILE_C + 1)  // rows of a panel; the extra one spreads a channel's 36 vectors over the cache
#define COLUMN(j) ((j) + (j) / ROW_TILES * (8 - ROW_TILES))  // two rows take a half of a vector each

#if ROWS != 1 && ROWS != 2
#error "ROWS is 1 or 2"
#endif

#include "cpu_panel.cl"
#include "cpu_multiply.cl"

#if LAYOUT != NCHW || X_TYPE >= I8
#error "pixels must lie side by side, and sums be real"
#endif
#if TILE_K % THREAD_K != 0
#error "THREAD_K must divide TILE_K"
#endif

#define A 0.625f
#define B 1.5f
#define AA (A * A)
#define BB (B * B)

DEFINE_MULTIPLY(multiply, private, TILES)

// ---- the filter: packed[kTile][point][c][THREAD_K], zero beyond K ----

// Three taps as a polynomial at the six points, over the denominators of Lagrange's basis.
inline void filterLine(const float* g, int step, float* out, int outStep) {
  float g0 = g[0], g1 = g[step], g2 = g[2 * step];
  out[0] = g0 / (AA * BB);
  out[outStep] = (g0 + A * g1 + AA * g2) / (2 * AA * (AA - BB));
  out[2 * outStep] = (g0 - A * g1 + AA * g2) / (2 * AA * (AA - BB));
  out[3 * outStep] = (g0 + B * g1 + BB * g2) / (2 * BB * (BB - AA));
  out[4 * outStep] = (g0 - B * g1 + BB * g2) / (2 * BB * (BB - AA));
  out[5 * outStep] = g2;
}

// work-items: filters in tiles of THREAD_K x channels
kernel void pack_filter(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y, global ACC_T* packed, global const int* quant) {
  int tile = get_global_id(0);
  int c = get_global_id(1);
  packed += p.workspaceAt + ((long)tile * POINTS * p.C + c) * THREAD_K;
  w += p.wAt + p.wBase + c * p.wC;
  for (int i = 0; i < THREAD_K; i++) {
    int k = tile * THREAD_K + i;
    float taps[9], half_[18], all[POINTS];
    for (int t = 0; t < 9; t++) taps[t] = k < p.K ? LOAD_W(w, k * p.wK + t * p.wTap) : 0;
    for (int r = 0; r < 3; r++) filterLine(taps + 3 * r, 1, half_ + 6 * r, 1);
    for (int s = 0; s < 6; s++) filterLine(half_ + s, 6, all + s, 6);
    for (int f = 0; f < POINTS; f++) packed[(long)f * p.C * THREAD_K + i] = all[f];
  }
}

// ---- x ----

inline void inputLine(ACC16 d0, ACC16 d1, ACC16 d2, ACC16 d3, ACC16 d4, ACC16 d5, ACC16* out, int step) {
  ACC16 evenA = d4 - BB * d2, oddA = A * (d3 - BB * d1);
  ACC16 evenB = d4 - AA * d2, oddB = B * (d3 - AA * d1);
  out[0] = AA * BB * d0 - (AA + BB) * d2 + d4;
  out[step] = evenA + oddA;
  out[2 * step] = evenA - oddA;
  out[3 * step] = evenB + oddB;
  out[4 * step] = evenB - oddB;
  out[5 * step] = AA * BB * d1 - (AA + BB) * d3 + d5;
}

// 16 elements of a row of x from column w0, zeros where x has none. `most` elements lie behind x's pointer.
inline ACC16 loadRow(const ConvParams* p, global const X_T* x, int h, int w0, int before, int most) {
  if (h < 0 || h >= p->H || w0 + 15 < 0 || w0 >= p->W) return (ACC16)0;
  int16 inside = within(w0 + LANES, p->W);
  int at = h * p->W + w0;
  if (at >= -before && at + 16 <= most) return select((ACC16)0, LOAD_X16(x, at), inside);
  ACC16 v = (ACC16)0;
  for (int i = 0; i < 16; i++)
    if (((int*)&inside)[i]) ((ACC_T*)&v)[i] = LOAD_X(x, at + i);
  return v;
}

// One channel's 16 windows, transformed: a vector for each point, `step` vectors apart.
inline void transformInput(const ConvParams* p, global const X_T* x, int h0, int w0, int before, int most, ACC16* out,
                           int step) {
  ACC16 lines[POINTS];
#pragma unroll
  for (int r = 0; r < 6; r++) {
    int h = h0 + r;
    // Rows of a later channel, four lines of each; they are far apart.
    for (int i = 0; i < 4; i++)
      PREFETCH(x + AHEAD * p->H * p->W + (h + (ROWS == 2) * i / 2 * 4) * p->W + w0 + 16 * i / ROWS);
    ACC16 v0 = loadRow(p, x, h, w0, before, most);
    ACC16 v1 = loadRow(p, x, h, w0 + 16, before, most);
    ACC16 v2 = ROWS == 1 ? loadRow(p, x, h, w0 + 32, before, most) : loadRow(p, x, h + 4, w0, before, most);
    ACC16 v3 = ROWS == 1 ? loadRow(p, x, h, w0 + 48, before, most) : loadRow(p, x, h + 4, w0 + 16, before, most);
    ACC16 even01 = EVEN(v0, v1), odd01 = ODD(v0, v1), even23 = EVEN(v2, v3), odd23 = ODD(v2, v3);
    ACC16 d0 = EVEN(even01, even23), d1 = EVEN(odd01, odd23), d2 = ODD(even01, even23), d3 = ODD(odd01, odd23);
    // A window's last two columns are the first two of the next; the last tile of a row has none, and is not used.
    ACC16 d4 = TURNED(d0), d5 = TURNED(d1);
    inputLine(d0, d1, d2, d3, d4, d5, lines + r * 6, 1);
  }
#pragma unroll
  for (int s = 0; s < 6; s++)
    inputLine(lines[s], lines[6 + s], lines[12 + s], lines[18 + s], lines[24 + s], lines[30 + s], out + s * step,
              6 * step);
}

// ---- y ----

inline void outputLine(const ACC16* m, int step, ACC16* out, int outStep) {
  ACC16 evenA = m[step] + m[2 * step], oddA = m[step] - m[2 * step];
  ACC16 evenB = m[3 * step] + m[4 * step], oddB = m[3 * step] - m[4 * step];
  out[0] = m[0] + evenA + evenB;
  out[outStep] = A * oddA + B * oddB;
  out[2 * outStep] = AA * evenA + BB * evenB;
  out[3 * outStep] = AA * A * oddA + BB * B * oddB + m[5 * step];
}

// Writes 16 filters of one tile through the epilogue; `m` holds its 36 sums, `step` vectors apart.
inline void writeTile(const ConvParams* p, const ACC16* m, int step, int n, int a0, int q0, int k0,
                      global const BIAS_T* bias, global const Y_T* residual, global Y_T* y, global const int* quant) {
  ACC16 half_[24], pixels[16];
#pragma unroll
  for (int s = 0; s < 6; s++) outputLine(m + s * step, 6 * step, half_ + s, 6);
#pragma unroll
  for (int r = 0; r < 4; r++) outputLine(half_ + 6 * r, 1, pixels + 4 * r, 1);
  transpose(pixels);
  int rows = min(4, p->P - a0), columns = min(4, p->Q - q0);
  for (int k = k0; k < min(k0 + 16, p->K); k++) {
    long at = n * p->yN + k * p->yC + a0 * p->Q + q0;
    ACC16 v = pixels[k - k0];
#if Y_TYPE == F32
    if (columns == 4) {
      float4* row = (float4*)&v;
      if (p->hasBias) v += bias[p->biasAt + k];
      if (p->hasResidual)
        for (int r = 0; r < rows; r++) row[r] += vload4(0, residual + p->residualAt + at + r * p->Q);
      if (p->activation != 0) v = activate16(v, p);
      for (int r = 0; r < rows; r++) vstore4(row[r], 0, y + p->yAt + at + r * p->Q);
      continue;
    }
#endif
    for (int r = 0; r < rows; r++)
      for (int s = 0; s < columns; s++)
        finish(p, ((const ACC_T*)&v)[4 * r + s], k, at + r * p->Q + s, bias, residual, y, quant);
  }
}

// work-groups: (N * bands of tile rows * segments of a row) x ranges of filters
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void winograd_cpu(
    const ConvParams p, global const X_T* x, global const ACC_T* w, global const BIAS_T* bias,
    global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int segments = CEIL_DIV(p.Q, 4 * ROW_TILES), bands = CEIL_DIV(p.P, 4 * ROWS);
  int q0 = get_group_id(0) % segments * 4 * ROW_TILES;
  int a0 = get_group_id(0) / segments % bands * 4 * ROWS;
  int n = get_group_id(0) / segments / bands;
  int k0 = get_group_id(1) * p.split;  // a multiple of THREAD_K
  int kTiles = CEIL_DIV(min(p.split, p.K - k0), THREAD_K);
  int plane = p.H * p.W;
  x += p.xAt;
  w += p.wAt + (long)k0 * POINTS * p.C;

  ACC16 panels[POINTS * PANEL];
  ACC16 sums[TILE_K / THREAD_K][POINTS][2 * TILES];
  for (int c0 = 0; c0 < p.C; c0 += TILE_C) {
    int count = min(TILE_C, p.C - c0);
    for (int c = 0; c < count; c++) {
      int before = (n * p.C + c0 + c) * plane;
      transformInput(&p, x + before, a0 - p.padH, q0 - p.padW, before, p.N * p.C * plane - before, panels + c, PANEL);
    }
    for (int a = 0; a < kTiles; a++)
      for (int f = 0; f < POINTS; f++) {
        global const ACC_T* tile = w + (((long)a * POINTS + f) * p.C + c0) * THREAD_K;
        multiply((const ACC_T*)(panels + f * PANEL), 16, tile, count, c0 == 0, sums[a][f], tile + p.C * THREAD_K,
                 THREAD_K);
      }
  }
  for (int a = 0; a < kTiles; a++)
    for (int j = 0; j < TILES; j++) {
      int row = a0 + j / ROW_TILES * 4, column = q0 + j % ROW_TILES * 4;
      if (row >= p.P || column >= p.Q) continue;
      for (int v = 0; v < 2; v++)
        writeTile(&p, &sums[a][0][2 * j + v], 2 * TILES, n, row, column, k0 + a * THREAD_K + v * VEC_K, bias, residual,
                  y, quant);
    }
}
