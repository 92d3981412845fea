// SPDX-License-Identifier: Apache-2.0
// Everything a kernel says to the machine beyond plain C++: shared memory, asynchronous copies, 16-bit conversions,
// tensor cores. All inline PTX is here, in small functions. Included with angle brackets, because the emulator puts a
// header of the same name in front that does the same on the host.
#pragma once

#define TENSOR_TF32 (__CUDA_ARCH__ >= 800)
#define TENSOR_BF16 (__CUDA_ARCH__ >= 800)

// The block's dynamic shared memory as one struct; its size is the launch's, checked against SHARED_BYTES.
#define SHARED_MEMORY(Type, name)                        \
  extern __shared__ __align__(16) unsigned char bytes[]; \
  Type& name = *reinterpret_cast<Type*>(bytes)

struct f16 {
  unsigned short bits;
};

struct bf16 {
  unsigned short bits;
};

__device__ __forceinline__ float toFloat(float value) { return value; }

__device__ __forceinline__ float toFloat(f16 value) {
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
  return wide;
}

__device__ __forceinline__ float toFloat(bf16 value) { return __uint_as_float(unsigned(value.bits) << 16); }

__device__ __forceinline__ void fromFloat(float value, float& narrow) { narrow = value; }

__device__ __forceinline__ void fromFloat(float value, f16& narrow) {
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
}

__device__ __forceinline__ void fromFloat(float value, bf16& narrow) {
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
#else
  unsigned bits = __float_as_uint(value);
  bool isNan = (bits & 0x7fffffff) > 0x7f800000;
  narrow.bits = isNan ? 0x7fff : (unsigned short)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
#endif
}

// Nearest TF32 value, ties away from zero, as the bits of a float.
__device__ __forceinline__ unsigned toTf32(unsigned floatBits) {
#if __CUDA_ARCH__ >= 800
  unsigned rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(floatBits)));
  return rounded;
#else
  return floatBits;
#endif
}

__device__ __forceinline__ unsigned sharedAddress(const void* shared) {
  return (unsigned)__cvta_generic_to_shared(shared);
}

// Copies BYTES (4 or 16) to shared memory, zeros where not `valid`, whatever the address is then; lands at the latest
// in waitCopies. Before sm_80 it is done at once.
template <int BYTES>
__device__ __forceinline__ void copyAsync(void* shared, const void* global, bool valid) {
#if __CUDA_ARCH__ >= 800
  int read = valid ? BYTES : 0;
  // No "memory" among the clobbers: nothing else touches this piece before the wait, which has it.
  if constexpr (BYTES == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global), "r"(read));
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(sharedAddress(shared)), "l"(global), "n"(BYTES),
                 "r"(read));
  }
#else
  if constexpr (BYTES == 16) {
    *static_cast<uint4*>(shared) = valid ? *static_cast<const uint4*>(global) : make_uint4(0, 0, 0, 0);
  } else {
    *static_cast<unsigned*>(shared) = valid ? *static_cast<const unsigned*>(global) : 0;
  }
#endif
}

__device__ __forceinline__ void commitCopies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most PENDING of this thread's groups are still under way.
template <int PENDING>
__device__ __forceinline__ void waitCopies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
#endif
}

// Four 8x4 matrices of words from shared memory; lane l gives the address of row l%8 of matrix l/8 and receives word
// l%4 of row l/4 of each.
__device__ __forceinline__ void loadMatrices(unsigned (&words)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(sharedAddress(row))
               : "memory");
}

// Four 8x8 matrices of 16-bit elements, each turned on the way: lane l gives the address of row l%8 of matrix l/8 and
// receives elements 2*(l%4) and the next of column l/4 of each.
__device__ __forceinline__ void loadTransposed(unsigned (&words)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(sharedAddress(row))
               : "memory");
}

// c += a·b on the tensor cores: 16 rows of a, 8 columns of b, 8 words of each along the sum. With lane = 4g + t:
//   a[0] row g   word t    a[1] row g+8 word t    a[2] row g word t+4    a[3] row g+8 word t+4
//   b[0] word t   column g   b[1] word t+4 column g
//   c[0] c[1] row g columns 2t, 2t+1    c[2] c[3] row g+8
// A word holds one TF32, two 16-bit floats or four bytes, and the pattern is the same for all of them.
struct Tf32 {};
struct F16 {};
struct Bf16 {};
struct S8 {};
struct U8S8 {};

__device__ __forceinline__ void multiplyAdd(Tf32, float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if TENSOR_TF32
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

__device__ __forceinline__ void multiplyAdd(F16, float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  // Turing multiplies half as deep: two steps.
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(b[0]));
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[2]), "r"(a[3]), "r"(b[1]));
#endif
}

__device__ __forceinline__ void multiplyAdd(Bf16, float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if TENSOR_BF16
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

#define MULTIPLY_ADD_BYTES(Tag, a_type, b_type)                                                                   \
  __device__ __forceinline__ void multiplyAdd(Tag, int (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { \
    MULTIPLY_ADD_BYTES_PTX(a_type, b_type)                                                                        \
  }
#if __CUDA_ARCH__ >= 800
#define MULTIPLY_ADD_BYTES_PTX(a_type, b_type)                              \
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." #a_type "." #b_type \
               ".s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
               : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])             \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
#define MULTIPLY_ADD_BYTES_PTX(a_type, b_type)                                                                    \
  for (int half = 0; half < 2; half++) {                                                                          \
    asm volatile("mma.sync.aligned.m8n8k16.row.col.s32." #a_type "." #b_type ".s32 {%0,%1}, {%2}, {%3}, {%0,%1};" \
                 : "+r"(c[0]), "+r"(c[1])                                                                         \
                 : "r"(a[2 * half]), "r"(b[half]));                                                               \
    asm volatile("mma.sync.aligned.m8n8k16.row.col.s32." #a_type "." #b_type ".s32 {%0,%1}, {%2}, {%3}, {%0,%1};" \
                 : "+r"(c[2]), "+r"(c[3])                                                                         \
                 : "r"(a[2 * half + 1]), "r"(b[half]));                                                           \
  }
#endif
// a is the filter, b the input.
MULTIPLY_ADD_BYTES(S8, s8, s8)
MULTIPLY_ADD_BYTES(U8S8, s8, u8)
