// SPDX-License-Identifier: Apache-2.0
// Device memory, pinned host memory, copies, fills.
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "memory.h"

using namespace cuda_emulator;

namespace {

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

// Copies the state along, so that a copy of uninitialised memory is uninitialised too.
void copyStates(void* target, const void* source, size_t bytes) {
  memmove(arena().state(target), arena().state(source), bytes);
}

void markInitialised(void* target, size_t bytes) { memset(arena().state(target), ADDRESSABLE | INITIALISED, bytes); }

CUresult check(CUdeviceptr address, size_t bytes) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (CUresult fault = takeFault(FAULT_COPY)) {
    return fault;
  }
  return arena().covers(pointer(address), bytes) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

bool isPinned(const void* host, size_t bytes) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  auto* at = static_cast<char*>(const_cast<void*>(host));
  auto next = registry().pinned.upper_bound(at);
  if (next == registry().pinned.begin()) {
    return false;
  }
  auto holder = std::prev(next);
  return at + bytes <= holder->first + holder->second;
}

}  // namespace

EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total);

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (bytes == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (CUresult fault = takeFault(FAULT_ALLOCATION)) {
    return fault;
  }
  size_t free = 0;
  size_t total = 0;
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  cuMemGetInfo_v2(&free, &total);
  void* memory = bytes > free ? nullptr : arena().allocate(bytes);
  if (memory == nullptr) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  *address = reinterpret_cast<CUdeviceptr>(memory);
  registry().allocations[*address] = currentContext()->device;
  registry().used[currentContext()->device] += bytes;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  if (address == 0) {
    return CUDA_SUCCESS;
  }
  std::unique_lock<std::recursive_mutex> hold(registry().lock);
  auto found = registry().allocations.find(address);
  if (found == registry().allocations.end()) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUdevice device = found->second;
  hold.unlock();
  // The driver waits for the device before it takes memory back.
  CUresult pending = drainAll(primaryContext(device));
  hold.lock();
  registry().allocations.erase(address);
  registry().used[device] -= arena().release(pointer(address));
  return pending;
}

EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  *total = settings().memory;
  *free = settings().memory - registry().used[currentContext()->device];
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemHostAlloc(void** host, size_t bytes, unsigned) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  if (CUresult fault = takeFault(FAULT_ALLOCATION)) {
    return fault;
  }
  if (posix_memalign(host, 4096, bytes) != 0) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().pinned[static_cast<char*>(*host)] = bytes;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAllocHost_v2(void** host, size_t bytes) { return cuMemHostAlloc(host, bytes, 0); }

EXPORT CUresult cuMemFreeHost(void* host) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  if (registry().pinned.erase(static_cast<char*>(host)) == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  free(host);
  return CUDA_SUCCESS;
}

// Pinned memory is read when the copy's turn comes, pageable memory before the call returns, as the driver does.
EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t bytes, void* handle) {
  Stream* stream = findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (CUresult bad = check(target, bytes)) {
    return bad;
  }
  std::shared_ptr<std::vector<char>> staged;
  if (!isPinned(source, bytes)) {
    auto* begin = static_cast<const char*>(source);
    staged = std::make_shared<std::vector<char>>(begin, begin + bytes);
  }
  enqueue(*stream, [=] {
    memcpy(pointer(target), staged ? staged->data() : source, bytes);
    markInitialised(pointer(target), bytes);
  });
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t bytes, void* handle) {
  Stream* stream = findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (CUresult bad = check(source, bytes)) {
    return bad;
  }
  enqueue(*stream, [=] { memcpy(target, pointer(source), bytes); });
  return isPinned(target, bytes) ? CUDA_SUCCESS : drain(*stream);
}

EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes, void* handle) {
  Stream* stream = findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (CUresult bad = check(source, bytes)) {
    return bad;
  }
  if (CUresult bad = check(target, bytes)) {
    return bad;
  }
  enqueue(*stream, [=] {
    memmove(pointer(target), pointer(source), bytes);
    copyStates(pointer(target), pointer(source), bytes);
  });
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t bytes, void* handle) {
  Stream* stream = findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (CUresult bad = check(target, bytes)) {
    return bad;
  }
  enqueue(*stream, [=] {
    memset(pointer(target), value, bytes);
    markInitialised(pointer(target), bytes);
  });
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t bytes) {
  CUresult result = cuMemcpyHtoDAsync_v2(target, source, bytes, nullptr);
  return result != CUDA_SUCCESS ? result : drain(*findStream(nullptr));
}

EXPORT CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t bytes) {
  CUresult result = cuMemcpyDtoHAsync_v2(target, source, bytes, nullptr);
  return result != CUDA_SUCCESS ? result : drain(*findStream(nullptr));
}

EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes) {
  return cuMemcpyDtoDAsync_v2(target, source, bytes, nullptr);
}

EXPORT CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, size_t bytes) {
  return cuMemsetD8Async(target, value, bytes, nullptr);
}
