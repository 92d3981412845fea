// SPDX-License-Identifier: Apache-2.0
// The objects behind the driver's handles. cuda.h is not needed: handles are opaque to the caller, and the few numbers
// used are written here with the names they have there.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emulator.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

typedef int CUresult;
typedef int CUdevice;
typedef uintptr_t CUdeviceptr;

namespace cuda_emulator {

constexpr CUresult CUDA_SUCCESS = 0;
constexpr CUresult CUDA_ERROR_INVALID_VALUE = 1;
constexpr CUresult CUDA_ERROR_OUT_OF_MEMORY = 2;
constexpr CUresult CUDA_ERROR_NO_DEVICE = 100;
constexpr CUresult CUDA_ERROR_INVALID_DEVICE = 101;
constexpr CUresult CUDA_ERROR_INVALID_IMAGE = 200;
constexpr CUresult CUDA_ERROR_INVALID_CONTEXT = 201;
constexpr CUresult CUDA_ERROR_INVALID_HANDLE = 400;
constexpr CUresult CUDA_ERROR_NOT_FOUND = 500;
constexpr CUresult CUDA_ERROR_NOT_READY = 600;
constexpr CUresult CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701;
constexpr CUresult CUDA_ERROR_NOT_SUPPORTED = 801;

struct Context;

// Work waits here until somebody waits for it, so that a caller who forgets to wait sees stale results every time.
struct Stream {
  Context* context;
  bool blocking;
  std::mutex lock;
  std::deque<std::function<void()>> queue;
};

struct Event {
  Context* context;
  Stream* stream = nullptr;
  bool complete = true;
  double microseconds = 0;
};

struct Module {
  Context* context;
  int file;
  void* library;
  const char* begin;
  const char* end;
};

struct Function {
  Module* module;
  std::string name;
  const Kernel* kernel;
  size_t sharedLimit;
};

struct Context {
  CUdevice device;
  int references = 0;
  Stream legacy;
};

// Every live handle, so that a stale or foreign one is an error and not a crash.
struct Registry {
  std::recursive_mutex lock;
  std::map<void*, std::unique_ptr<Stream>> streams;
  std::map<void*, std::unique_ptr<Event>> events;
  std::map<void*, std::unique_ptr<Module>> modules;
  std::map<void*, std::unique_ptr<Function>> functions;
  std::map<char*, size_t> pinned;
  std::map<CUdeviceptr, CUdevice> allocations;
  std::map<CUdevice, size_t> used;
};

// What an environment variable sets, read once.
struct Settings {
  int devices;
  int driverVersion;
  int major;
  int minor;
  size_t memory;
  int threads;
};

const Settings& settings();
Registry& registry();
Context& primaryContext(CUdevice device);

// The context that is current on this thread, null when none is.
Context*& currentContext();

// Returns the stream a handle means in the current context, null when it is none.
Stream* findStream(void* handle);
void enqueue(Stream& stream, std::function<void()> work);
// Runs what a stream holds; returns what went wrong since the last call that asked.
CUresult drain(Stream& stream);
CUresult drainAll(Context& context);

// Faults to inject: after `after` more successes one call fails with `code`.
enum Fault { FAULT_ALLOCATION = 0, FAULT_LAUNCH = 1, FAULT_COPY = 2, FAULTS = 3 };
CUresult takeFault(Fault fault);

struct Launch;
// Runs all blocks of a launch on the workers; returns the code of the first finding.
CUresult execute(const Launch& launch);

}  // namespace cuda_emulator
