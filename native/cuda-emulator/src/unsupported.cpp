// SPDX-License-Identifier: Apache-2.0
// Weak, so that a function written elsewhere takes precedence over its stub.
#define UNSUPPORTED(name) \
  extern "C" __attribute__((weak, visibility("default"))) int name() { return 801; }  // CUDA_ERROR_NOT_SUPPORTED
#include "unsupported.inc"
// Not in JCuda's binding, but NVRTC asks for it wherever it finds a driver, and calls it unseen.
UNSUPPORTED(cuGetExportTable)
