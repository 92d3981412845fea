// SPDX-License-Identifier: Apache-2.0
// Streams and events. One launch runs at a time, whatever thread waits for it; its blocks run in parallel.
#include <chrono>

#include "driver.h"
#include "findings.h"

namespace cuda_emulator {

namespace {

// Work left in a stream beyond this runs at once, as a device would not wait for ever.
constexpr size_t QUEUE_LIMIT = 256;

std::recursive_mutex& executing() {
  static auto* lock = new std::recursive_mutex();
  return *lock;
}

void runQueue(Stream& stream) {
  std::lock_guard<std::recursive_mutex> one(executing());
  while (true) {
    std::function<void()> work;
    {
      std::lock_guard<std::mutex> hold(stream.lock);
      if (stream.queue.empty()) {
        return;
      }
      work = std::move(stream.queue.front());
      stream.queue.pop_front();
    }
    work();
  }
}

template <typename T>
T* find(std::map<void*, std::unique_ptr<T>>& all, void* handle) {
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  auto found = all.find(handle);
  return found == all.end() ? nullptr : found->second.get();
}

}  // namespace

Stream* findStream(void* handle) {
  if (currentContext() == nullptr) {
    return nullptr;
  }
  if (handle == nullptr) {
    return &currentContext()->legacy;
  }
  Stream* stream = find(registry().streams, handle);
  return stream == nullptr || stream->context != currentContext() ? nullptr : stream;
}

void enqueue(Stream& stream, std::function<void()> work) {
  size_t waiting;
  {
    std::lock_guard<std::mutex> hold(stream.lock);
    stream.queue.push_back(std::move(work));
    waiting = stream.queue.size();
  }
  if (waiting > QUEUE_LIMIT) {
    runQueue(stream);
  }
}

CUresult drain(Stream& stream) {
  runQueue(stream);
  return findings().takeCode();
}

CUresult drainAll(Context& context) {
  runQueue(context.legacy);
  std::vector<Stream*> own;
  {
    std::lock_guard<std::recursive_mutex> hold(registry().lock);
    for (auto& [handle, stream] : registry().streams) {
      if (stream->context == &context) {
        own.push_back(stream.get());
      }
    }
  }
  for (Stream* stream : own) {
    runQueue(*stream);
  }
  return findings().takeCode();
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

EXPORT CUresult cuStreamCreate(void** handle, unsigned flags) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  auto stream = std::make_unique<Stream>();
  stream->context = currentContext();
  stream->blocking = (flags & 1) == 0;
  *handle = stream.get();
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().streams[*handle] = std::move(stream);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamDestroy_v2(void* handle) {
  Stream* stream = handle == nullptr ? nullptr : findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUresult result = drain(*stream);
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().streams.erase(handle);
  return result;
}

EXPORT CUresult cuStreamSynchronize(void* handle) {
  Stream* stream = findStream(handle);
  return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : drain(*stream);
}

EXPORT CUresult cuStreamQuery(void* handle) {
  Stream* stream = findStream(handle);
  if (stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  std::lock_guard<std::mutex> hold(stream->lock);
  return stream->queue.empty() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

EXPORT CUresult cuEventCreate(void** handle, unsigned) {
  if (currentContext() == nullptr) {
    return CUDA_ERROR_INVALID_CONTEXT;
  }
  auto event = std::make_unique<Event>();
  event->context = currentContext();
  *handle = event.get();
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().events[*handle] = std::move(event);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventDestroy_v2(void* handle) {
  Event* event = find(registry().events, handle);
  if (event == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (event->stream != nullptr) {
    runQueue(*event->stream);
  }
  std::lock_guard<std::recursive_mutex> hold(registry().lock);
  registry().events.erase(handle);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventRecord(void* handle, void* streamHandle) {
  Event* event = find(registry().events, handle);
  Stream* stream = findStream(streamHandle);
  if (event == nullptr || stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  event->stream = stream;
  event->complete = false;
  enqueue(*stream, [event] {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    event->microseconds = std::chrono::duration<double, std::micro>(now).count();
    event->complete = true;
  });
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventSynchronize(void* handle) {
  Event* event = find(registry().events, handle);
  if (event == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return event->complete ? CUDA_SUCCESS : drain(*event->stream);
}

EXPORT CUresult cuEventQuery(void* handle) {
  Event* event = find(registry().events, handle);
  return event == nullptr ? CUDA_ERROR_INVALID_HANDLE : event->complete ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

EXPORT CUresult cuEventElapsedTime(float* milliseconds, void* from, void* to) {
  Event* first = find(registry().events, from);
  Event* last = find(registry().events, to);
  if (first == nullptr || last == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (!first->complete || !last->complete) {
    return CUDA_ERROR_NOT_READY;
  }
  *milliseconds = static_cast<float>((last->microseconds - first->microseconds) / 1000);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamWaitEvent(void* streamHandle, void* handle, unsigned) {
  Event* event = find(registry().events, handle);
  Stream* stream = findStream(streamHandle);
  if (event == nullptr || stream == nullptr) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  Stream* awaited = event->stream;
  if (awaited != nullptr && awaited != stream && !event->complete) {
    enqueue(*stream, [awaited] { runQueue(*awaited); });
  }
  return CUDA_SUCCESS;
}
