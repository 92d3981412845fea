// SPDX-License-Identifier: Apache-2.0
//
// What the CPU-shaped kernels share: vectors of 16, the packed filter, and the way 16 pixels of one
// tap are gathered into a vector of a panel, whose rows are `pitch` vectors apart. No local memory, no barrier: one
// work-item is a work-group.

#include "common.cl"

#if X_TYPE >= I8
typedef int16 ACC16;
#else
typedef float16 ACC16;
#endif

// A vector at any element. PoCL's vstore16 writes quarters of a vector.
typedef ACC16 ANY16 __attribute__((aligned(4)));

// One vector of x as ACC_T.
#if X_TYPE == F16
#define LOAD_X16(p, i) vload_half16(0, (p) + (i))
#elif X_TYPE == BF16
#define LOAD_X16(p, i) as_float16(convert_uint16(vload16(0, (p) + (i))) << 16)
#elif X_TYPE >= I8
#define LOAD_X16(p, i) convert_int16(vload16(0, (p) + (i)))
#else
#define LOAD_X16(p, i) (*(global const ANY16*)((p) + (i)))
#endif

// Asks for a cache line; any address will do. OpenCL's own prefetch() does nothing on CPUs.
#if defined(__has_builtin) && !defined(NO_PREFETCH)
#define PREFETCH(p) __builtin_prefetch((const void*)(size_t)(p), 0, 2)
#else
#define PREFETCH(p)
#endif

// Lanes of vectors rearranged: every other lane of two, two lane by lane (their first halves or their second), and one
// turned by a lane.
#ifndef NO_SHUFFLE
#define EVEN(a, b) ((ACC16)((a).even, (b).even))
#define ODD(a, b) ((ACC16)((a).odd, (b).odd))
#define ZIP_LOW(a, b) \
  ((ACC16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7))
#define ZIP_HIGH(a, b) \
  ((ACC16)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf))
#define TURNED(a) ((a).s123456789abcdef0)
#else
// Through memory, for a checker that takes one lane of a shuffle for an undefined one.
inline ACC16 rearranged(ACC16 a, ACC16 b, int first, int step, int zipped) {
  ACC16 from[2] = {a, b}, v;
  const ACC_T* lanes = (const ACC_T*)from;
  for (int i = 0; i < 16; i++) ((ACC_T*)&v)[i] = lanes[zipped ? first + i / 2 + i % 2 * 16 : first + i * step];
  return v;
}
#define EVEN(a, b) rearranged(a, b, 0, 2, 0)
#define ODD(a, b) rearranged(a, b, 1, 2, 0)
#define ZIP_LOW(a, b) rearranged(a, b, 0, 0, 1)
#define ZIP_HIGH(a, b) rearranged(a, b, 8, 0, 1)
#define TURNED(a) rearranged(a, a, 1, 1, 0)
#endif

// Turns 16 rows of 16 lanes into columns: four perfect shuffles.
inline void transpose(ACC16* m) {
  ACC16 t[16];
#pragma unroll
  for (int stage = 0; stage < 4; stage++) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      ACC16 a = m[i], b = m[i + 8];
      t[2 * i] = ZIP_LOW(a, b);
      t[2 * i + 1] = ZIP_HIGH(a, b);
    }
#pragma unroll
    for (int i = 0; i < 16; i++) m[i] = t[i];
  }
}

// ---- x: 16 pixels of a chunk ----

#define LANES ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))

// Where 16 pixels are: coordinates of their first tap and their image's beginning. Without a border
// that reads elsewhere, and without gaps in x, a tap lies at a fixed distance from the first one
// (`affine`); pixels then form runs of stride 1 or 2, at most two of them where `runs` says so.
typedef struct {
  int16 d, h, w, image;
  int16 asked, used;  // lanes that are wanted, and those of them where the batch has not ended
  int16 origin, inSecond;
  int first, second;
  int most;  // elements of x from where its group begins
  bool affine, runs;
} Pixels;

inline void pixelsFrom(const ConvParams* p, int g, int npq0, int count, Pixels* at) {
  int pixels = p->O * p->P * p->Q;
  int n = npq0 / pixels;
  int rest = npq0 - n * pixels;
  int q = rest % p->Q, a = rest / p->Q % p->P, o = rest / p->Q / p->P;
  int *d = (int*)&at->d, *h = (int*)&at->h, *w = (int*)&at->w;
  int *image = (int*)&at->image, *used = (int*)&at->used, *asked = (int*)&at->asked;
  for (int j = 0; j < 16; j++) {
    d[j] = o * p->strideD - p->padD;
    h[j] = a * p->strideH - p->padH;
    w[j] = q * p->strideW - p->padW;
    image[j] = n * (int)p->xN;
    asked[j] = j < count ? -1 : 0;
    used[j] = j < count && n < p->N ? -1 : 0;
    if (++q == p->Q) {
      q = 0;
      if (++a == p->P) {
        a = 0;
        if (++o == p->O) {
          o = 0;
          n++;
        }
      }
    }
  }
  at->most = p->N * (int)p->xN - g * p->C * (int)p->xC;
  at->affine = p->border == BORDER_ZEROS && p->upD == 1 && p->upH == 1 && p->upW == 1;
  at->origin = at->image + ((at->d * p->H + at->h) * p->W + at->w) * (int)p->xPixel;
  int16 start = at->origin - LANES * p->strideW;
  at->first = start.s0;
  at->second = ((int*)&start)[count - 1];
  at->inSecond = (start == at->second) & (start != at->first);
  at->runs = at->affine && p->strideW <= 2 && !any(at->used & (start != at->first) & (start != at->second));
}

inline int16 within(int16 at, int extent) { return as_uint16(at) < (uint16)(uint)extent; }

// Whether the pixels that are asked for lie side by side in x.
inline bool isRow(const ConvParams* p, const Pixels* at) {
  int16 in = within(at->d, p->D) & within(at->h, p->H) & within(at->w, p->W) & at->used;
  return at->affine && p->strideW == 1 && p->xPixel == 1 && all(in | ~at->asked) && !any(at->asked & at->inSecond);
}

// The vector form of source(): positions in x, and which of them lie inside.
inline int16 source16(int16 at, int extent, int up, int border, int16* inside) {
  if (up != 1) {
    int16 quotient = at / up;
    *inside &= (at >= 0) & (quotient * up == at);
    at = quotient;
  }
  if (border == BORDER_ZEROS) {
    *inside &= within(at, extent);
    return at;
  }
  int16 before = border == BORDER_REFLECT ? -at : border == BORDER_REPLICATE ? 0 : at + extent;
  int16 behind = border == BORDER_REFLECT     ? 2 * (extent - 1) - at
                 : border == BORDER_REPLICATE ? extent - 1
                                              : at - extent;
  return select(select(at, before, at < 0), behind, at >= extent);
}

#if LAYOUT == NCHW
// Copies rows as vectors where the pixels form runs, until a vector would reach beyond x. Returns the
// rows copied.
inline __attribute__((always_inline)) int gatherRuns(const ConvParams* p, global const X_T* x, const Pixels* at,
                                                     int shift, int16 inside, int c0, int count, ACC_T zero,
                                                     ACC16* panel, int pitch) {
  int xC = (int)p->xC;
  int first = at->first + shift, second = at->second + shift;
  int behind = at->most - 16 * p->strideW - max(first, second) - c0 * xC;
  if (!at->runs || min(first, second) + c0 * xC < 0 || behind < 0) return 0;
  bool two = first != second;
  count = min(count, behind / xC + 1);
  x += c0 * xC;
  for (int i = 0; i < count; i++, x += xC, panel += pitch) {
    ACC16 v = LOAD_X16(x, first);
    if (p->strideW == 2) v = EVEN(v, LOAD_X16(x, first + 16));
    if (two) {
      ACC16 u = LOAD_X16(x, second);
      if (p->strideW == 2) u = EVEN(u, LOAD_X16(x, second + 16));
      v = select(v, u, at->inSecond);
    }
    *panel = select((ACC16)0, v - zero, inside);
  }
  return count;
}
#endif

// Copies `count` channels from c0 of one tap into rows of a panel, 16 pixels of each.
inline void gather(const ConvParams* p, global const X_T* x, const Pixels* at, int tap, int c0, int count, ACC16* panel,
                   int pitch) {
#if X_TYPE >= I8
  ACC_T zero = p->xZero;
#else
  ACC_T zero = 0;
#endif
  int s = tap % p->S * p->dilationW;
  int r = tap / p->S % p->R * p->dilationH;
  int t = tap / p->S / p->R * p->dilationD;
  int16 inside = at->used;
  int16 where;
  int i = 0;
  if (at->affine) {
    int shift = ((t * p->H + r) * p->W + s) * (int)p->xPixel;
    inside &= within(at->d + t, p->D) & within(at->h + r, p->H) & within(at->w + s, p->W);
#if LAYOUT == NCHW
    i = gatherRuns(p, x, at, shift, inside, c0, count, zero, panel, pitch);
    if (i == count) return;
#endif
    where = at->origin + shift;
  } else {
    int16 d = source16(at->d + t, p->D, p->upD, p->border, &inside);
    int16 h = source16(at->h + r, p->H, p->upH, p->border, &inside);
    int16 w = source16(at->w + s, p->W, p->upW, p->border, &inside);
    where = at->image + ((d * p->H + h) * p->W + w) * (int)p->xPixel;
  }
#if LAYOUT == NHWC
  for (; i + 16 <= count; i += 16) {
    ACC16 rows[16];
#pragma unroll
    for (int j = 0; j < 16; j++)
      rows[j] = ((int*)&inside)[j] ? LOAD_X16(x, ((int*)&where)[j] + c0 + i) - zero : (ACC16)0;
    transpose(rows);
#pragma unroll
    for (int j = 0; j < 16; j++) panel[(i + j) * pitch] = rows[j];
  }
#endif
  for (int j = 0; j < 16; j++) {
    int a = ((int*)&where)[j];
    bool in = ((int*)&inside)[j];
    for (int l = i; l < count; l++)
      ((ACC_T*)(panel + l * pitch))[j] = in ? LOAD_X(x, a + (c0 + l) * (int)p->xC) - zero : 0;
  }
}

// Fills rows of a panel with products [crs0, crs0 + count) of 16 pixels: tap by tap, then by channel.
inline void gatherChunk(const ConvParams* p, global const X_T* x, const Pixels* at, int crs0, int count, ACC16* panel,
                        int pitch) {
  for (int i = 0; i < count;) {
    int tap = (crs0 + i) / p->C;
    int c = (crs0 + i) - tap * p->C;
    int run = min(p->C - c, count - i);
    gather(p, x, at, tap, c, run, panel + i * pitch, pitch);
    i += run;
  }
}

// ---- y ----

#if Y_TYPE == F32 || Y_TYPE == F16
inline ACC16 activate16(ACC16 v, const ConvParams* p) {
  if (p->activation == 0) return v;
  if (p->activation == 1) return select(v + 0, (ACC16)0, v < 0);
  if (p->activation == 2) return select(select(v, (ACC16)p->beta, v > p->beta), (ACC16)p->alpha, v < p->alpha);
  for (int i = 0; i < 16; i++) ((float*)&v)[i] = activate(((float*)&v)[i], p);
  return v;
}
#endif
