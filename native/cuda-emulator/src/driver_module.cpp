// SPDX-License-Identifier: Apache-2.0
// Modules, functions, launches. A module's image is a shared library made by `build` from a .cu file.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "driver.h"
#include "findings.h"
#include "worker.h"

namespace cuda_emulator {

namespace {

// A library says nowhere how long it is, but its section table ends the file.
size_t imageBytes(const void* image) {
  Elf64_Ehdr header;
  memcpy(&header, image, sizeof header);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_DYN) {
    return 0;
  }
  return header.e_shoff + size_t(header.e_shentsize) * header.e_shnum;
}

// The loader wants a file; this one is in memory. It stays open as long as the library is loaded: the loader knows
// libraries by their path, and takes another image under the number of a closed file for the same library.
bool load(Module& module, const void* image, size_t bytes) {
  module.file = memfd_create("cuda-emulator-module", MFD_CLOEXEC);
  if (module.file < 0) {
    return false;
  }
  if (write(module.file, image, bytes) == static_cast<ssize_t>(bytes)) {
    std::string path = "/proc/self/fd/" + std::to_string(module.file);
    module.library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module.library != nullptr) {
      return true;
    }
    fprintf(stderr, "cuda-emulator: %s\n", dlerror());
  }
  close(module.file);
  return false;
}

void findExtent(Module& module) {
  struct link_map* map = nullptr;
  dlinfo(module.library, RTLD_DI_LINKMAP, &map);
  auto visit = [](struct dl_phdr_info* info, size_t, void* data) {
    auto* found = static_cast<Module*>(data);
    if (reinterpret_cast<const char*>(info->dlpi_addr) != found->begin) {
      return 0;
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
      if (info->dlpi_phdr[i].p_type == PT_LOAD) {
        const char* end = found->begin + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        found->end = end > found->end ? end : found->end;
      }
    }
    return 1;
  };
  module.begin = module.end = reinterpret_cast<const char*>(map->l_addr);
  dl_iterate_phdr(visit, &module);
}

// Copies the arguments as they are now: the caller may reuse its memory when the launch returns. In one piece, the
// addresses first, so that the checks know it as memory a kernel may read.
std::vector<char> packArguments(const Kernel& kernel, void** parameters) {
  size_t bytes = kernel.arguments * sizeof(void*);
  std::vector<size_t> offsets;
  for (size_t i = 0; i < kernel.arguments; i++) {
    bytes = (bytes + 15) / 16 * 16;
    offsets.push_back(bytes);
    bytes += kernel.argumentSizes[i];
  }
  std::vector<char> packed(bytes);
  for (size_t i = 0; i < kernel.arguments; i++) {
    char* value = packed.data() + offsets[i];
    memcpy(value, parameters[i], kernel.argumentSizes[i]);
    memcpy(packed.data() + i * sizeof(void*), &value, sizeof value);
  }
  return packed;
}

}  // namespace

CUresult execute(const Launch& launch) {
  static auto* workers = new std::vector<std::unique_ptr<Worker>>();
  uint64_t blocks = uint64_t(launch.grid.x) * launch.grid.y * launch.grid.z;
  size_t wanted = std::min<uint64_t>(static_cast<uint64_t>(settings().threads), blocks);
  while (workers->size() < wanted) {
    workers->push_back(std::make_unique<Worker>());
  }
  std::atomic<uint64_t> next{0};
  std::atomic<bool> good{true};
  auto work = [&](Worker& worker) {
    uint64_t at;
    while (good && (at = next++) < blocks) {
      Dim3 block = {static_cast<unsigned>(at % launch.grid.x),
                    static_cast<unsigned>(at / launch.grid.x % launch.grid.y),
                    static_cast<unsigned>(at / launch.grid.x / launch.grid.y)};
      if (!worker.run(launch, block)) {
        good = false;
      }
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < wanted && blocks > 8; i++) {
    helpers.emplace_back(work, std::ref(*(*workers)[i]));
  }
  work(*(*workers)[0]);
  for (std::thread& helper : helpers) {
    helper.join();
  }
  return good ? CUDA_SUCCESS : LAUNCH_FAILED;
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

EXPORT CUresult cuModuleLoadData(void** handle, const void* image) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  size_t bytes = imageBytes(image);
  auto module = std::make_unique<Module>();
  module->context = currentContext();
  if (bytes == 0 || !load(*module, image, bytes)) {
    return CUDA_ERROR_INVALID_IMAGE;
  }
  findExtent(*module);
  *handle = module.get();
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().modules[*handle] = std::move(module);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleLoadDataEx(void** handle, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(handle, image);
}

EXPORT CUresult cuModuleUnload(void* handle) {
  std::unique_lock<std::recursive_mutex> hold(registry().lock);
  auto found = registry().modules.find(handle);
  if (found == registry().modules.end()) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  Module* module = found->second.get();
  hold.unlock();
  CUresult pending = drainAll(*module->context);
  hold.lock();
  std::erase_if(registry().functions, [&](auto& entry) { return entry.second->module == module; });
  dlclose(module->library);
  close(module->file);
  registry().modules.erase(handle);
  return pending;
}

EXPORT CUresult cuModuleGetFunction(void** handle, void* moduleHandle, const char* name) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  auto found = registry().modules.find(moduleHandle);
  if (found == registry().modules.end()) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  auto* kernel = static_cast<const Kernel*>(dlsym(found->second->library, (std::string("emulated_") + name).c_str()));
  if (kernel == nullptr) {
    return CUDA_ERROR_NOT_FOUND;
  }
  auto function = std::make_unique<Function>();
  *function = {found->second.get(), name, kernel, 48 * 1024};
  *handle = function.get();
  registry().functions[*handle] = std::move(function);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncGetAttribute(int* value, int attribute, void*) {
  *value = attribute == 0 ? static_cast<int>(MAX_THREADS) : 0;  // 0: MAX_THREADS_PER_BLOCK
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncSetAttribute(void* handle, int attribute, int value) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  auto found = registry().functions.find(handle);
  if (found == registry().functions.end()) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (attribute == 8) {  // MAX_DYNAMIC_SHARED_SIZE_BYTES
    if (value < 0 || static_cast<size_t>(value) > 163 * 1024) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    found->second->sharedLimit = static_cast<size_t>(value);
  }
  return CUDA_SUCCESS;
}

EXPORT CUresult cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                               unsigned blockY, unsigned blockZ, unsigned sharedBytes, void* streamHandle,
                               void** parameters, void** extra) {
  Stream* stream = findStream(streamHandle);
  std::unique_lock<std::recursive_mutex> hold(registry().lock);
  auto found = registry().functions.find(handle);
  if (stream == nullptr || found == registry().functions.end() || found->second->module->context != currentContext()) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  Function& function = *found->second;
  hold.unlock();
  uint64_t threads = uint64_t(blockX) * blockY * blockZ;
  if (extra != nullptr || gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 0x7fffffff || gridY > 65535 ||
      gridZ > 65535 || threads == 0 || threads > MAX_THREADS || sharedBytes > function.sharedLimit) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (CUresult fault = takeFault(FAULT_LAUNCH)) {
    return fault;
  }
  auto packed = std::make_shared<std::vector<char>>(packArguments(*function.kernel, parameters));
  Launch launch = {function.name,  function.kernel,        nullptr,
                   packed->size(), {gridX, gridY, gridZ},  {blockX, blockY, blockZ},
                   sharedBytes,    function.module->begin, function.module->end};
  enqueue(*stream, [launch, packed]() mutable {
    launch.arguments = reinterpret_cast<void**>(packed->data());
    execute(launch);
  });
  return CUDA_SUCCESS;
}
