package dev.conv4j.peer.clblast;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The first device of the first OpenCL platform that has one, with a context and an in-order queue:
 * as much of OpenCL as a caller of CLBlast needs.
 */
final class OpenCl implements AutoCloseable {

  private static final String LIBRARY = "libOpenCL.so.1";
  private static final long ALL_DEVICES = 0xFFFFFFFFL;
  private static final long READ_WRITE = 1;
  private static final int BLOCKING = 1;
  private static final int MOST_PLATFORMS = 64;

  private static final FunctionDescriptor RELEASE = FunctionDescriptor.of(JAVA_INT, ADDRESS);

  private final Arena arena = Arena.ofShared();
  private final SymbolLookup library = library();
  private final MethodHandle finish = function(library, "clFinish", RELEASE);
  private final MethodHandle releaseBuffer = function(library, "clReleaseMemObject", RELEASE);
  private final MethodHandle createBuffer =
      function(
          library,
          "clCreateBuffer",
          FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS));
  private final MethodHandle write = copy("clEnqueueWriteBuffer");
  private final MethodHandle read = copy("clEnqueueReadBuffer");
  private final MemorySegment error = arena.allocate(JAVA_INT);
  private final MemorySegment context;
  private final MemorySegment queue;
  private final MemorySegment queuePointer;

  OpenCl() {
    MemorySegment device = device(library, arena).orElseThrow();
    MemorySegment devices = arena.allocateFrom(ADDRESS, device);
    FunctionDescriptor createContext =
        FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    MethodHandle context = function(library, "clCreateContext", createContext);
    MemorySegment none = MemorySegment.NULL;
    this.context =
        make(
            "clCreateContext",
            () -> (MemorySegment) context.invokeExact(none, 1, devices, none, none, error));
    MethodHandle createQueue =
        function(
            library,
            "clCreateCommandQueue",
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    this.queue =
        make(
            "clCreateCommandQueue",
            () -> (MemorySegment) createQueue.invokeExact(this.context, device, 0L, error));
    this.queuePointer = arena.allocateFrom(ADDRESS, queue);
  }

  private MethodHandle copy(String name) {
    return function(
        library,
        name,
        FunctionDescriptor.of(
            JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS,
            ADDRESS));
  }

  @SuppressWarnings("restricted")
  private static SymbolLookup library() {
    return SymbolLookup.libraryLookup(LIBRARY, Arena.global());
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(
      SymbolLookup library, String name, FunctionDescriptor signature) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), signature);
  }

  /** Says in one line why there is no device, or nothing where there is one. */
  static Optional<String> reasonForAbsence() {
    try (Arena arena = Arena.ofConfined()) {
      return device(library(), arena).isPresent()
          ? Optional.empty()
          : Optional.of("no OpenCL device");
    } catch (IllegalArgumentException absent) {
      return Optional.of("no OpenCL loader library (" + LIBRARY + ")");
    }
  }

  private static Optional<MemorySegment> device(SymbolLookup library, Arena arena) {
    MethodHandle platformIds =
        function(
            library,
            "clGetPlatformIDs",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    MethodHandle deviceIds =
        function(
            library,
            "clGetDeviceIDs",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    MemorySegment count = arena.allocate(JAVA_INT);
    MemorySegment platforms = arena.allocate(MemoryLayout.sequenceLayout(MOST_PLATFORMS, ADDRESS));
    MemorySegment device = arena.allocate(ADDRESS);
    try {
      int rc = (int) platformIds.invokeExact(MOST_PLATFORMS, platforms, count);
      int found = rc == 0 ? Math.min(MOST_PLATFORMS, count.get(JAVA_INT, 0)) : 0;
      for (int i = 0; i < found; i++) {
        MemorySegment platform = platforms.getAtIndex(ADDRESS, i);
        rc = (int) deviceIds.invokeExact(platform, ALL_DEVICES, 1, device, count);
        if (rc == 0 && count.get(JAVA_INT, 0) > 0) {
          return Optional.of(device.get(ADDRESS, 0));
        }
      }
      return Optional.empty();
    } catch (Throwable broken) {
      throw new IllegalStateException("OpenCL cannot be called", broken);
    }
  }

  /** A native function's call. */
  interface Call<T> {
    T invoke() throws Throwable;
  }

  /** Calls a function that returns an error code. */
  static void call(String name, Call<Integer> call) {
    int code = result(call);
    if (code != 0) {
      throw ClBlast.failure(name, code);
    }
  }

  private MemorySegment make(String name, Call<MemorySegment> call) {
    MemorySegment made = result(call);
    int code = error.get(JAVA_INT, 0);
    if (code != 0) {
      throw ClBlast.failure(name, code);
    }
    return made;
  }

  private static <T> T result(Call<T> call) {
    try {
      return call.invoke();
    } catch (Throwable broken) {
      throw new IllegalStateException("OpenCL cannot be called", broken);
    }
  }

  /** Returns a pointer to the queue, as CLBlast takes it. */
  MemorySegment queuePointer() {
    return queuePointer;
  }

  MemorySegment buffer(long bytes) {
    return make(
        "clCreateBuffer",
        () ->
            (MemorySegment)
                createBuffer.invokeExact(context, READ_WRITE, bytes, MemorySegment.NULL, error));
  }

  void write(MemorySegment source, MemorySegment buffer) {
    transfer("clEnqueueWriteBuffer", write, buffer, source);
  }

  void read(MemorySegment buffer, MemorySegment target) {
    transfer("clEnqueueReadBuffer", read, buffer, target);
  }

  private void transfer(String name, MethodHandle copy, MemorySegment buffer, MemorySegment host) {
    MemorySegment none = MemorySegment.NULL;
    call(
        name,
        () ->
            (int)
                copy.invokeExact(
                    queue, buffer, BLOCKING, 0L, host.byteSize(), host, 0, none, none));
  }

  void release(MemorySegment buffer) {
    call("clReleaseMemObject", () -> (int) releaseBuffer.invokeExact(buffer));
  }

  /** Waits until everything enqueued has finished. */
  void finish() {
    call("clFinish", () -> (int) finish.invokeExact(queue));
  }

  @Override
  public void close() {
    MethodHandle queues = function(library, "clReleaseCommandQueue", RELEASE);
    MethodHandle contexts = function(library, "clReleaseContext", RELEASE);
    call("clReleaseCommandQueue", () -> (int) queues.invokeExact(queue));
    call("clReleaseContext", () -> (int) contexts.invokeExact(context));
    arena.close();
  }
}
