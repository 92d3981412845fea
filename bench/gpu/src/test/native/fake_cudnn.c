// SPDX-License-Identifier: Apache-2.0
// A libcudnn.so.9 for tests beside the emulated driver, where device memory is the process's own: the functions the
// harness calls, with cuDNN's signatures, computing straight from the definition on the caller's addresses. f32 only.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#ifdef REAL_HEADERS  // the compiler then checks the signatures against cuDNN's own
#include <cudnn.h>
#define STATUS cudnnStatus_t
#else
typedef int STATUS;
typedef int cudnnTensorFormat_t, cudnnDataType_t, cudnnConvolutionMode_t, cudnnMathType_t;
typedef int cudnnConvolutionFwdAlgo_t, cudnnConvolutionBwdDataAlgo_t, cudnnConvolutionBwdFilterAlgo_t;
typedef struct cudnnContext* cudnnHandle_t;
typedef struct cudnnTensorStruct* cudnnTensorDescriptor_t;
typedef struct cudnnFilterStruct* cudnnFilterDescriptor_t;
typedef struct cudnnConvolutionStruct* cudnnConvolutionDescriptor_t;
typedef void* cudaStream_t;
typedef struct {
  int algo, status;
  float time;
  size_t memory;
  int determinism, mathType, reserved[3];
} cudnnConvolutionFwdAlgoPerf_t, cudnnConvolutionBwdDataAlgoPerf_t, cudnnConvolutionBwdFilterAlgoPerf_t;
#endif

struct cudnnTensorStruct { int channelsLast, dims[4]; };
struct cudnnFilterStruct { int channelsLast, dims[4]; };
struct cudnnConvolutionStruct { int pad[2], stride[2], dilation[2], groups, math; };

size_t cudnnGetVersion(void) { return 90900; }
STATUS cudnnCreate(cudnnHandle_t* handle) { return *handle = malloc(1), 0; }
STATUS cudnnDestroy(cudnnHandle_t handle) { return free(handle), 0; }
STATUS cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) { return handle == NULL || stream == NULL; }
STATUS cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* made) { return *made = calloc(1, sizeof **made), 0; }
STATUS cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t one) { return free(one), 0; }
STATUS cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* made) { return *made = calloc(1, sizeof **made), 0; }
STATUS cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t one) { return free(one), 0; }
STATUS cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* made) { return *made = calloc(1, sizeof **made), 0; }
STATUS cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t one) { return free(one), 0; }

STATUS cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t one, cudnnTensorFormat_t format, cudnnDataType_t type, int n,
                                  int c, int h, int w) {
  struct cudnnTensorStruct made = {format == 1, {n, c, h, w}};
  *one = made;
  return type != 0;
}

STATUS cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t one, cudnnDataType_t type, cudnnTensorFormat_t format, int k,
                                  int c, int h, int w) {
  struct cudnnFilterStruct made = {format == 1, {k, c, h, w}};
  *one = made;
  return type != 0;
}

STATUS cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t one, int padH, int padW, int strideH, int strideW,
                                       int dilationH, int dilationW, cudnnConvolutionMode_t mode, cudnnDataType_t type) {
  struct cudnnConvolutionStruct made = {{padH, padW}, {strideH, strideW}, {dilationH, dilationW}, 1, 0};
  *one = made;
  return mode != 1 || type != 0;
}

STATUS cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t one, int groups) { return one->groups = groups, 0; }
STATUS cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t one, cudnnMathType_t math) { return one->math = math, 0; }

static size_t at(int channelsLast, const int* d, int n, int c, int h, int w) {
  return channelsLast ? (((size_t)n * d[2] + h) * d[3] + w) * d[1] + c : (((size_t)n * d[1] + c) * d[2] + h) * d[3] + w;
}

// What differs between the directions is which two are multiplied, and where the product goes.
static void convolve(char direction, const struct cudnnTensorStruct* xd, float* x, const struct cudnnFilterStruct* wd,
                     float* w, const struct cudnnConvolutionStruct* conv, const struct cudnnTensorStruct* yd, float* y) {
  const int *in = xd->dims, *f = wd->dims, *out = yd->dims;
  float* result = direction == 'y' ? y : direction == 'x' ? x : w;
  const int* extents = direction == 'y' ? out : direction == 'x' ? in : f;
  memset(result, 0, sizeof(float) * extents[0] * extents[1] * extents[2] * extents[3]);
  for (int n = 0; n < out[0]; n++)
    for (int k = 0; k < out[1]; k++)
      for (int p = 0; p < out[2]; p++)
        for (int q = 0; q < out[3]; q++)
          for (int c = 0; c < f[1]; c++)
            for (int r = 0; r < f[2]; r++)
              for (int s = 0; s < f[3]; s++) {
                int h = p * conv->stride[0] - conv->pad[0] + r * conv->dilation[0];
                int v = q * conv->stride[1] - conv->pad[1] + s * conv->dilation[1];
                if (h < 0 || h >= in[2] || v < 0 || v >= in[3]) continue;
                float* a = x + at(xd->channelsLast, in, n, k / (out[1] / conv->groups) * f[1] + c, h, v);
                float* b = w + at(wd->channelsLast, f, k, c, r, s);
                float* o = y + at(yd->channelsLast, out, n, k, p, q);
                if (direction == 'y') *o += *a * *b;
                if (direction == 'x') *a += *o * *b;
                if (direction == 'w') *b += *a * *o;
              }
}

// Two suggestions; the first does not run, as happens.
#define SUGGEST                                                   \
  *returned = requested < 2 ? requested : 2;                      \
  for (int i = 0; i < *returned; i++) {                           \
    memset(perf + i, 0, sizeof *perf);                            \
    perf[i].algo = 1 - i;                                         \
    perf[i].memory = 64;                                          \
  }                                                               \
  return handle == NULL || conv->groups < 1

#define RUN(direction, x, w, y)                                                           \
  if (algo != 0 || *(const float*)alpha != 1 || *(const float*)beta != 0 || bytes != 64 || space == NULL) return 9; \
  convolve(direction, xd, (float*)(x), wd, (float*)(w), conv, yd, (float*)(y));           \
  return handle == NULL

STATUS cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t xd,
                                              const cudnnFilterDescriptor_t wd, const cudnnConvolutionDescriptor_t conv,
                                              const cudnnTensorDescriptor_t yd, const int requested, int* returned,
                                              cudnnConvolutionFwdAlgoPerf_t* perf) {
  SUGGEST || xd->dims[1] != wd->dims[1] * conv->groups || yd->dims[1] != wd->dims[0];
}

STATUS cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, const cudnnFilterDescriptor_t wd,
                                                   const cudnnTensorDescriptor_t yd,
                                                   const cudnnConvolutionDescriptor_t conv,
                                                   const cudnnTensorDescriptor_t xd, const int requested, int* returned,
                                                   cudnnConvolutionBwdDataAlgoPerf_t* perf) {
  SUGGEST || xd->dims[1] != wd->dims[1] * conv->groups || yd->dims[1] != wd->dims[0];
}

STATUS cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t xd,
                                                     const cudnnTensorDescriptor_t yd,
                                                     const cudnnConvolutionDescriptor_t conv,
                                                     const cudnnFilterDescriptor_t wd, const int requested,
                                                     int* returned, cudnnConvolutionBwdFilterAlgoPerf_t* perf) {
  SUGGEST || xd->dims[1] != wd->dims[1] * conv->groups || yd->dims[1] != wd->dims[0];
}

STATUS cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t handle, const cudnnTensorDescriptor_t xd,
                                               const cudnnFilterDescriptor_t wd, const cudnnConvolutionDescriptor_t conv,
                                               const cudnnTensorDescriptor_t yd, cudnnConvolutionFwdAlgo_t algo,
                                               size_t* bytes) {
  return *bytes = 64, 0;
}

STATUS cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t handle, const cudnnFilterDescriptor_t wd,
                                                    const cudnnTensorDescriptor_t yd,
                                                    const cudnnConvolutionDescriptor_t conv,
                                                    const cudnnTensorDescriptor_t xd,
                                                    cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
  return *bytes = 64, 0;
}

STATUS cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t handle, const cudnnTensorDescriptor_t xd,
                                                      const cudnnTensorDescriptor_t yd,
                                                      const cudnnConvolutionDescriptor_t conv,
                                                      const cudnnFilterDescriptor_t wd,
                                                      cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
  return *bytes = 64, 0;
}

STATUS cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t xd, const void* x,
                               const cudnnFilterDescriptor_t wd, const void* w, const cudnnConvolutionDescriptor_t conv,
                               cudnnConvolutionFwdAlgo_t algo, void* space, size_t bytes, const void* beta,
                               const cudnnTensorDescriptor_t yd, void* y) {
  RUN('y', x, w, y);
}

STATUS cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha, const cudnnFilterDescriptor_t wd,
                                    const void* w, const cudnnTensorDescriptor_t yd, const void* y,
                                    const cudnnConvolutionDescriptor_t conv, cudnnConvolutionBwdDataAlgo_t algo,
                                    void* space, size_t bytes, const void* beta, const cudnnTensorDescriptor_t xd,
                                    void* x) {
  RUN('x', x, w, y);
}

STATUS cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t xd,
                                      const void* x, const cudnnTensorDescriptor_t yd, const void* y,
                                      const cudnnConvolutionDescriptor_t conv, cudnnConvolutionBwdFilterAlgo_t algo,
                                      void* space, size_t bytes, const void* beta, const cudnnFilterDescriptor_t wd,
                                      void* w) {
  RUN('w', x, w, y);
}
