package dev.conv4j.bench.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The CUDA driver on the primary context of one device, the context that the engine and cuDNN are
 * on too. For one thread.
 */
final class Driver implements AutoCloseable {

  private static final int NON_BLOCKING = 1;

  private final NativeLibrary library = NativeLibrary.named("libcuda.so.1");
  private final Arena arena = Arena.ofShared();
  private final int device;
  private final MemorySegment context;
  private final MemorySegment stream;
  private final List<Long> live = new ArrayList<>();

  /** Retains the primary context of a device and makes a stream on it. */
  Driver(int index) {
    library.call("cuInit", 0);
    device = intOut("cuDeviceGet", index);
    MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
    library.call("cuDevicePrimaryCtxRetain", slot, device);
    context = slot.get(ValueLayout.ADDRESS, 0);
    enter();
    library.call("cuStreamCreate", slot, NON_BLOCKING);
    stream = slot.get(ValueLayout.ADDRESS, 0);
  }

  private int intOut(String function, int argument) {
    MemorySegment slot = arena.allocate(ValueLayout.JAVA_INT);
    library.call(function, slot, argument);
    return slot.get(ValueLayout.JAVA_INT, 0);
  }

  /** Returns a number of the driver's list of attributes, 0 where it does not tell. */
  int attribute(int which) {
    MemorySegment slot = arena.allocate(ValueLayout.JAVA_INT);
    return library.status("cuDeviceGetAttribute", slot, which, device) == 0
        ? slot.get(ValueLayout.JAVA_INT, 0)
        : 0;
  }

  /** Makes the context current on this thread. */
  void enter() {
    library.call("cuCtxSetCurrent", context);
  }

  MemorySegment stream() {
    return stream;
  }

  /** Allocates device memory; freed on {@link #free} or close. */
  long allocate(long bytes) {
    enter();
    MemorySegment slot = arena.allocate(ValueLayout.JAVA_LONG);
    library.call("cuMemAlloc_v2", slot, Math.max(16, bytes));
    long address = slot.get(ValueLayout.JAVA_LONG, 0);
    live.add(address);
    return address;
  }

  void free(long address) {
    if (live.remove(address)) {
      enter();
      library.call("cuMemFree_v2", address);
    }
  }

  void upload(long to, MemorySegment from) {
    enter();
    library.call("cuMemcpyHtoDAsync_v2", to, from, from.byteSize(), stream);
    synchronize();
  }

  void download(long from, MemorySegment to) {
    enter();
    library.call("cuMemcpyDtoHAsync_v2", to, from, to.byteSize(), stream);
    synchronize();
  }

  void copy(long from, long to, long bytes) {
    library.call("cuMemcpyDtoDAsync_v2", to, from, bytes, stream);
  }

  void fill(long at, byte value, long bytes) {
    enter();
    library.call("cuMemsetD8Async", at, (int) value, bytes, stream);
    synchronize();
  }

  void synchronize() {
    library.call("cuStreamSynchronize", stream);
  }

  /**
   * Loads a module from PTX and returns one of its functions; it stays loaded.
   *
   * @throws dev.conv4j.DeviceFailureException if the driver does not compile it for this device
   */
  MemorySegment function(String ptx, String name) {
    enter();
    try (Arena text = Arena.ofConfined()) {
      MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
      library.call("cuModuleLoadData", slot, text.allocateFrom(ptx));
      MemorySegment module = slot.get(ValueLayout.ADDRESS, 0);
      library.call("cuModuleGetFunction", slot, module, text.allocateFrom(name));
      return slot.get(ValueLayout.ADDRESS, 0);
    }
  }

  /** Enqueues a launch of a kernel with one address and one int. */
  void launch(MemorySegment function, int blocks, int threads, long address, int number) {
    try (Arena arguments = Arena.ofConfined()) {
      MemorySegment list = arguments.allocate(ValueLayout.ADDRESS, 2);
      list.setAtIndex(
          ValueLayout.ADDRESS, 0, arguments.allocateFrom(ValueLayout.JAVA_LONG, address));
      list.setAtIndex(ValueLayout.ADDRESS, 1, arguments.allocateFrom(ValueLayout.JAVA_INT, number));
      library.call(
          "cuLaunchKernel",
          function,
          blocks,
          1,
          1,
          threads,
          1,
          1,
          0,
          stream,
          list,
          MemorySegment.NULL);
    }
  }

  @Override
  public void close() {
    List.copyOf(live).forEach(this::free);
    enter();
    library.status("cuStreamDestroy_v2", stream);
    library.status("cuDevicePrimaryCtxRelease_v2", device);
    arena.close();
  }
}
