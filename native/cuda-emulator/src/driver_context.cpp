// SPDX-License-Identifier: Apache-2.0
// Initialisation, devices, primary contexts, errors.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "driver.h"
#include "findings.h"

namespace cuda_emulator {

namespace {

long number(const char* name, long fallback) {
  const char* text = getenv(name);
  return text == nullptr || *text == 0 ? fallback : atol(text);
}

struct FaultPlan {
  std::mutex lock;
  long after[FAULTS] = {-1, -1, -1};
  CUresult code[FAULTS] = {};
};

FaultPlan& faultPlan() {
  static FaultPlan* plan = new FaultPlan();
  return *plan;
}

}  // namespace

const Settings& settings() {
  static Settings* read = [] {
    long capability = number("CUDA_EMULATOR_CAPABILITY", 80);
    long cores = std::max(1u, std::thread::hardware_concurrency());
    return new Settings{static_cast<int>(number("CUDA_EMULATOR_DEVICES", 2)),
                        static_cast<int>(number("CUDA_EMULATOR_DRIVER", 13000)),
                        static_cast<int>(capability / 10),
                        static_cast<int>(capability % 10),
                        static_cast<size_t>(number("CUDA_EMULATOR_MEMORY", 4L << 30)),
                        static_cast<int>(number("CUDA_EMULATOR_THREADS", std::min(cores, 8L)))};
  }();
  return *read;
}

Registry& registry() {
  static Registry* instance = new Registry();
  return *instance;
}

Context& primaryContext(CUdevice device) {
  static std::vector<std::unique_ptr<Context>>* contexts = [] {
    auto* made = new std::vector<std::unique_ptr<Context>>();
    for (int i = 0; i < settings().devices; i++) {
      made->push_back(std::make_unique<Context>());
      made->back()->device = i;
      made->back()->legacy.context = made->back().get();
      made->back()->legacy.blocking = true;
    }
    return made;
  }();
  return *(*contexts)[static_cast<size_t>(device)];
}

Context*& currentContext() {
  static thread_local Context* current = nullptr;
  return current;
}

CUresult takeFault(Fault fault) {
  FaultPlan& plan = faultPlan();
  std::lock_guard<std::mutex> hold(plan.lock);
  if (plan.after[fault] < 0) {
    return CUDA_SUCCESS;
  }
  return plan.after[fault]-- == 0 ? plan.code[fault] : CUDA_SUCCESS;
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

EXPORT CUresult cuInit(unsigned flags) {
  return flags != 0 ? CUDA_ERROR_INVALID_VALUE : settings().devices == 0 ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

EXPORT CUresult cuDriverGetVersion(int* version) {
  *version = settings().driverVersion;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetCount(int* count) {
  *count = settings().devices;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  if (ordinal < 0 || ordinal >= settings().devices) {
    return CUDA_ERROR_INVALID_DEVICE;
  }
  *device = ordinal;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  snprintf(name, static_cast<size_t>(length), "CUDA emulator");
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  *bytes = settings().memory;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice) {
  // CUdevice_attribute. Only what the backend asks for; the figures are those of a small sm_80 part.
  static const std::map<int, int> values = {
      {1, 1024},         // MAX_THREADS_PER_BLOCK
      {5, 2147483647},   // MAX_GRID_DIM_X
      {6, 65535},        // MAX_GRID_DIM_Y
      {7, 65535},        // MAX_GRID_DIM_Z
      {8, 48 * 1024},    // MAX_SHARED_MEMORY_PER_BLOCK
      {10, 32},          // WARP_SIZE
      {12, 65536},       // MAX_REGISTERS_PER_BLOCK
      {13, 1000000},     // CLOCK_RATE, kHz
      {16, 16},          // MULTIPROCESSOR_COUNT
      {36, 1000000},     // MEMORY_CLOCK_RATE, kHz
      {37, 256},         // GLOBAL_MEMORY_BUS_WIDTH, bits
      {38, 4 << 20},     // L2_CACHE_SIZE
      {41, 1},           // UNIFIED_ADDRESSING
      {81, 164 * 1024},  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
      {97, 163 * 1024},  // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
  };
  if (attribute == 75 || attribute == 76) {  // COMPUTE_CAPABILITY_MAJOR, _MINOR
    *value = attribute == 75 ? settings().major : settings().minor;
    return CUDA_SUCCESS;
  }
  auto found = values.find(attribute);
  if (found == values.end()) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  *value = found->second;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(Context** context, CUdevice device) {
  if (device < 0 || device >= settings().devices) {
    return CUDA_ERROR_INVALID_DEVICE;
  }
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  primaryContext(device).references++;
  *context = &primaryContext(device);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  Context& context = primaryContext(device);
  if (context.references == 0) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  context.references--;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSetCurrent(Context* context) {
  if (context != nullptr && context->references == 0) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  currentContext() = context;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(Context** context) {
  *context = currentContext();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSynchronize() {
  return currentContext() == nullptr ? CUDA_ERROR_INVALID_CONTEXT : drainAll(*currentContext());
}

EXPORT CUresult cuGetErrorName(CUresult error, const char** name) {
  static const std::map<int, const char*> names = {
      {0, "CUDA_SUCCESS"},
      {1, "CUDA_ERROR_INVALID_VALUE"},
      {2, "CUDA_ERROR_OUT_OF_MEMORY"},
      {100, "CUDA_ERROR_NO_DEVICE"},
      {101, "CUDA_ERROR_INVALID_DEVICE"},
      {200, "CUDA_ERROR_INVALID_IMAGE"},
      {201, "CUDA_ERROR_INVALID_CONTEXT"},
      {400, "CUDA_ERROR_INVALID_HANDLE"},
      {500, "CUDA_ERROR_NOT_FOUND"},
      {600, "CUDA_ERROR_NOT_READY"},
      {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
      {716, "CUDA_ERROR_MISALIGNED_ADDRESS"},
      {719, "CUDA_ERROR_LAUNCH_FAILED"},
      {801, "CUDA_ERROR_NOT_SUPPORTED"},
  };
  auto found = names.find(error);
  *name = found == names.end() ? nullptr : found->second;
  return found == names.end() ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

EXPORT CUresult cuGetErrorString(CUresult error, const char** text) { return cuGetErrorName(error, text); }

// For tests, beside the driver's own functions: the next call of kind `fault` after `after` successes fails.
EXPORT void cudaEmulatorInject(int fault, long after, CUresult code) {
  FaultPlan& plan = faultPlan();
  std::lock_guard<std::mutex> hold(plan.lock);
  plan.after[fault] = after;
  plan.code[fault] = code;
}

// For tests: moves the findings' text to `buffer`, cut to fit, and returns its length.
EXPORT size_t cudaEmulatorFindings(char* buffer, size_t capacity) {
  std::string text = findings().takeText();
  size_t length = std::min(text.size(), capacity - 1);
  memcpy(buffer, text.data(), length);
  buffer[length] = 0;
  return length;
}
