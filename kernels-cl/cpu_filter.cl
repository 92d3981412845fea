// SPDX-License-Identifier: Apache-2.0
//
// The packed filter of the CPU-shaped products: packed[g][kTile][trs * C + c][THREAD_K], zero beyond K.

kernel void pack_filter(const ConvParams p, global const X_T* x, global const W_T* w, global const BIAS_T* bias,
                        global const Y_T* residual, global Y_T* y, global ACC_T* packed, global const int* quant) {
  int kTiles = CEIL_DIV(p.K, THREAD_K);
  int taps = p.T * p.R * p.S;
  int tile = get_global_id(0);
  int tap = get_global_id(1);
  int g = tile / kTiles;
  int k0 = tile % kTiles * THREAD_K;
  packed += p.workspaceAt + ((long)tile * taps + tap) * p.C * THREAD_K;
  global const W_T* from = w + p.wAt + p.wBase + g * p.wG + tap * p.wTap;
  for (int c = 0; c < p.C; c++)
    for (int i = 0; i < THREAD_K; i++) {
      int k = k0 + i;
      ACC_T v = 0;
      if (k < p.K) {
        v = LOAD_W(from, k * p.wK + c * p.wC);
#if X_TYPE >= I8
        v -= quant[g * p.K + k];
#endif
      }
      packed[c * THREAD_K + i] = v;
    }
}
