// SPDX-License-Identifier: Apache-2.0
//
// Winograd F(2x2, 3x3): four outputs of a 3x3 filter by 16 products instead of 36. Four launches:
//   pack_filter       U[e][k][c] = (G g G^T)[e]        e = 0..15, once per filter when packed
//   transform_input   V[e][c][tile] = (B^T d B)[e]     d: the 4x4 input under a 2x2 output tile
//   winograd          M[e][k][tile] = sum over c of U[e][k][c] * V[e][c][tile]
//   transform_output  y = A^T M A
// The workspace holds V, then M, then U when the filter is not packed. (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks".)

#include "common.cl"

inline int tilesOf(const ConvParams* p) { return p->N * CEIL_DIV(p->P, 2) * CEIL_DIV(p->Q, 2); }

// Here `packed` is the place for U: its offset comes as the workspace's.
kernel void pack_filter(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y, global ACC_T* packed, global const int* quant) {
  int id = get_global_id(0);
  if (id >= p.K * p.C) return;
  int k = id / p.C, c = id - k * p.C;
  w += p.wAt + p.wBase + k * p.wK + c * p.wC;
  packed += p.workspaceAt + p.first;  // first: where U begins within the workspace
  ACC_T half_[4][3];
  for (int s = 0; s < 3; s++) {
    ACC_T a = LOAD_W(w, s * p.wTap), b = LOAD_W(w, (3 + s) * p.wTap), d = LOAD_W(w, (6 + s) * p.wTap);
    half_[0][s] = a;
    half_[1][s] = (ACC_T)0.5 * (a + b + d);
    half_[2][s] = (ACC_T)0.5 * (a - b + d);
    half_[3][s] = d;
  }
  for (int r = 0; r < 4; r++) {
    ACC_T a = half_[r][0], b = half_[r][1], d = half_[r][2];
    ACC_T u[4] = {a, (ACC_T)0.5 * (a + b + d), (ACC_T)0.5 * (a - b + d), d};
    for (int s = 0; s < 4; s++) packed[(4 * r + s) * p.K * p.C + id] = u[s];
  }
}

kernel void transform_input(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                            global const Y_T* residual, global Y_T* y, global ACC_T* workspace,
                            global const int* quant) {
  int tiles = tilesOf(&p);
  int tile = get_global_id(0);
  int c = get_global_id(1);
  if (tile >= tiles) return;
  int columns = CEIL_DIV(p.Q, 2), rows = CEIL_DIV(p.P, 2);
  int w0 = tile % columns * 2 - p.padW;
  int h0 = tile / columns % rows * 2 - p.padH;
  x += p.xAt + tile / columns / rows * p.xN + c * p.xC;
  workspace += p.workspaceAt;
  ACC_T d[4][4];
  for (int i = 0; i < 4; i++) {
    int h = resolve(h0 + i, p.H, p.border);
    for (int j = 0; j < 4; j++) {
      int column = resolve(w0 + j, p.W, p.border);
      bool in = h >= 0 && column >= 0 && h < p.H && column < p.W;
      d[i][j] = in ? LOAD_X(x, (h * p.W + column) * p.xPixel) : 0;
    }
  }
  for (int j = 0; j < 4; j++) {
    ACC_T a = d[0][j], b = d[1][j], e = d[2][j], f = d[3][j];
    d[0][j] = a - e;
    d[1][j] = b + e;
    d[2][j] = e - b;
    d[3][j] = b - f;
  }
  for (int i = 0; i < 4; i++) {
    ACC_T a = d[i][0], b = d[i][1], e = d[i][2], f = d[i][3];
    ACC_T v[4] = {a - e, b + e, e - b, b - f};
    for (int j = 0; j < 4; j++) workspace[((long)(4 * i + j) * p.C + c) * tiles + tile] = v[j];
  }
}

typedef struct {
  global const ACC_T* u;
  global const ACC_T* v;
  int channels, tiles;
} Operands;

#define A_ROWS_FIRST 0
#define B_COLUMNS_FIRST 1

inline int4 columnOf(const Operands* o, int tile) { return tile < o->tiles ? (int4)(tile, 0, 0, 0) : (int4)NOWHERE; }

inline int4 productOf(const Operands* o, int c, int end, local int* inA) {
  *inA = c;
  return c < end ? (int4)(c * o->tiles, 0, 0, 0) : (int4)NOWHERE;
}

inline ACC_T loadA(const Operands* o, int k, int c) { return o->u[k * o->channels + c]; }

inline ACC_T loadB(const Operands* o, int4 tile, int4 c) { return o->v[c.x + tile.x]; }

#include "gemm_tile.cl"

// work-groups: tile tiles x filter tiles x 16; w is U
kernel __attribute__((reqd_work_group_size(ITEMS_NPQ, ITEMS_K, 1))) void winograd(
    const ConvParams p, global const X_T* x, global const ACC_T* w, global const BIAS_T* bias,
    global const Y_T* residual, global Y_T* y, global ACC_T* workspace, global const int* quant) {
  int e = get_group_id(2);
  int tiles = tilesOf(&p);
  workspace += p.workspaceAt;
  Operands o;
  o.u = w + p.wAt + p.first + e * p.K * p.C;
  o.v = workspace + (long)e * p.C * tiles;
  o.channels = p.C;
  o.tiles = tiles;
  global ACC_T* m = workspace + 16L * p.C * tiles + (long)e * p.K * tiles;
  int row0 = get_group_id(1) * TILE_K;
  int column0 = get_group_id(0) * TILE_NPQ;
  local Tiles staged;
  ACC_T sums[THREAD_K][THREAD_NPQ];
  gemmTile(&o, row0, p.K, column0, 0, p.C, &staged, sums);
  for (int i = 0; i < THREAD_K; i++)
    for (int j = 0; j < THREAD_NPQ; j++) {
      int k = row0 + ITEM_Y + i * ITEMS_K;
      int tile = column0 + ITEM_X + j * ITEMS_NPQ;
      if (k < p.K && tile < tiles) m[(long)k * tiles + tile] = sums[i][j];
    }
}

kernel void transform_output(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                             global const Y_T* residual, global Y_T* y, global ACC_T* workspace,
                             global const int* quant) {
  int tiles = tilesOf(&p);
  int tile = get_global_id(0);
  int k = get_global_id(1);
  if (tile >= tiles) return;
  int columns = CEIL_DIV(p.Q, 2), rows = CEIL_DIV(p.P, 2);
  int q0 = tile % columns * 2, a0 = tile / columns % rows * 2, n = tile / columns / rows;
  workspace += p.workspaceAt + 16L * p.C * tiles + (long)k * tiles + tile;
  ACC_T m[2][4];
  for (int j = 0; j < 4; j++) {
    ACC_T v[4];
    for (int i = 0; i < 4; i++) v[i] = workspace[(long)(4 * i + j) * p.K * tiles];
    m[0][j] = v[0] + v[1] + v[2];
    m[1][j] = v[1] - v[2] - v[3];
  }
  for (int i = 0; i < 2 && a0 + i < p.P; i++) {
    ACC_T v[2] = {m[i][0] + m[i][1] + m[i][2], m[i][1] - m[i][2] - m[i][3]};
    for (int j = 0; j < 2 && q0 + j < p.Q; j++) {
      int pixel = (a0 + i) * p.Q + q0 + j;
      finish(&p, v[j], k, n * p.yN + k * p.yC + pixel * p.yPixel, bias, residual, y, quant);
    }
  }
}
