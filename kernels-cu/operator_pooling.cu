// SPDX-License-Identifier: Apache-2.0
//
// The maximum or the average of a window; axes are depth, height, width. A thread for each element of the result, or
// LANES threads where the window has at least WIDE_TAPS: those take every LANES-th tap, and what they have is joined in
// a fixed order.

#include "operator.cuh"

#define MAX_POOL 0
#define AVERAGE 1
#define LANES 32

struct PoolingParams {
  long long at[6];
  long long count;
  long long input[3], window[3], stride[3], dilation[3], begin[3], end[3], output[3];
  int kind, unused;
};

struct Memory {
  float joined[THREADS];
};
static_assert(sizeof(Memory) == SHARED_BYTES, "SHARED_BYTES is not what the threads need");

// The taps of a window on one axis that count: those from `first` to `last` - 1 lie on the input.
struct Taps {
  long long start, first, last, padded;
};

__device__ __forceinline__ Taps taps(const PoolingParams& p, int axis, long long at) {
  Taps t;
  long long apart = p.dilation[axis];
  t.start = at * p.stride[axis] - p.begin[axis];
  t.first = t.start < 0 ? min((-t.start + apart - 1) / apart, p.window[axis]) : 0;
  long long room = p.input[axis] - t.start;  // positive: a window begins before the input ends, or on its padding
  t.last = room <= 0 ? t.first : max(t.first, min((room + apart - 1) / apart, p.window[axis]));
  room += p.end[axis];
  t.padded = room <= 0 ? 0 : min((room + apart - 1) / apart, p.window[axis]);
  return t;
}

__device__ __forceinline__ float join(int kind, float v, float w) {
  return kind == MAX_POOL ? (w != w || w > v ? w : v) : v + w;
}

extern "C" __global__ void __launch_bounds__(THREADS)
    operator_pooling(const __grid_constant__ PoolingParams p, OPERANDS) {
  SHARED_MEMORY(Memory, memory);
  int lanes = p.window[0] * p.window[1] * p.window[2] >= WIDE_TAPS ? LANES : 1;
  int lane = threadIdx.x % lanes;
  long long step = (long long)gridDim.x * (THREADS / lanes);
  long long rounds = CEIL_DIV(p.count, step);
  for (long long round = 0; round < rounds; round++) {
    long long i = round * step + (long long)blockIdx.x * (THREADS / lanes) + threadIdx.x / lanes;
    bool mine = i < p.count;
    long long rest = mine ? i : 0;
    Taps w = taps(p, 2, rest % p.output[2]);
    rest /= p.output[2];
    Taps h = taps(p, 1, rest % p.output[1]);
    rest /= p.output[1];
    Taps d = taps(p, 0, rest % p.output[0]);
    const float* x = a + rest / p.output[0] * p.input[0] * p.input[1] * p.input[2];
    int columns = (int)(w.last - w.first), rows = (int)(h.last - h.first);
    int inside = columns * rows * (int)(d.last - d.first);
    float value = p.kind == MAX_POOL ? -INFINITE : 0;
    for (int tap = lane; mine && tap < inside; tap += lanes) {
      int line = tap / columns;
      long long atW = w.start + (w.first + tap % columns) * p.dilation[2];
      long long atH = h.start + (h.first + line % rows) * p.dilation[1];
      long long atD = d.start + (d.first + line / rows) * p.dilation[0];
      value = join(p.kind, value, x[(atD * p.input[1] + atH) * p.input[2] + atW]);
    }
    if (lanes > 1) {
      memory.joined[threadIdx.x] = value;
      for (int apart = LANES / 2; apart > 0; apart /= 2) {
        __syncthreads();  // what the round before has joined
        if (lane < apart) {
          memory.joined[threadIdx.x] = join(p.kind, memory.joined[threadIdx.x], memory.joined[threadIdx.x + apart]);
        }
      }
      value = memory.joined[threadIdx.x];  // lane 0 has written it itself
      __syncthreads();                     // the values from those of the next turn
    }
    if (mine && lane == 0) {
      long long counted = p.kind == AVERAGE ? inside : d.padded * h.padded * w.padded;
      y[i] = p.kind == MAX_POOL ? value : value / counted;
    }
  }
}
