package dev.conv4j.bench.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.DeviceFailureException;
import dev.conv4j.Direction;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A cuDNN handle on a device's primary context. For one thread. */
final class Cudnn implements AutoCloseable {

  /** The three directions take the same list, in cuDNN's order of operands. */
  private static final FunctionDescriptor CONVOLVE =
      FunctionDescriptor.of(
          JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_INT,
          JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);

  private final NativeLibrary library;
  private final Driver driver;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment handle;
  private final MemorySegment one = arena.allocate(4, 4);
  private final MemorySegment zero = arena.allocate(4, 4);
  private final MethodHandle forward;
  private final MethodHandle backwardData;
  private final MethodHandle backwardFilter;

  /**
   * Makes a handle that works on the driver's stream.
   *
   * @throws DeviceFailureException if cuDNN does not start here
   */
  Cudnn(NativeLibrary library, Driver driver) {
    this.library = library;
    this.driver = driver;
    driver.enter();
    MemorySegment slot = arena.allocate(ADDRESS);
    library.call("cudnnCreate", slot);
    handle = slot.get(ADDRESS, 0);
    library.call("cudnnSetStream", handle, driver.stream());
    one.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0, 1f);
    forward = library.exact("cudnnConvolutionForward", CONVOLVE);
    backwardData = library.exact("cudnnConvolutionBackwardData", CONVOLVE);
    backwardFilter = library.exact("cudnnConvolutionBackwardFilter", CONVOLVE);
  }

  NativeLibrary library() {
    return library;
  }

  Driver driver() {
    return driver;
  }

  MemorySegment handle() {
    return handle;
  }

  /** Returns the version as people write it. */
  static String version(NativeLibrary library) {
    long number = library.number("cudnnGetVersion");
    return number / 10_000 + "." + number / 100 % 100 + "." + number % 100;
  }

  /** Enqueues a convolution; operands in the order of cuDNN's function. */
  void convolve(
      Direction direction,
      MemorySegment firstDescriptor,
      long first,
      MemorySegment secondDescriptor,
      long second,
      MemorySegment convolution,
      int algorithm,
      long workspace,
      long workspaceBytes,
      MemorySegment resultDescriptor,
      long result) {
    MethodHandle function =
        switch (direction) {
          case FORWARD -> forward;
          case BACKWARD_DATA -> backwardData;
          case BACKWARD_FILTER -> backwardFilter;
        };
    int status;
    try {
      status =
          (int)
              function.invokeExact(
                  handle,
                  one,
                  firstDescriptor,
                  first,
                  secondDescriptor,
                  second,
                  convolution,
                  algorithm,
                  workspace,
                  workspaceBytes,
                  zero,
                  resultDescriptor,
                  result);
    } catch (Throwable broken) {
      throw new IllegalStateException("cuDNN cannot be called", broken);
    }
    if (status != 0) {
      throw new DeviceFailureException("cuDNN: " + direction + " returns " + status);
    }
  }

  @Override
  public void close() {
    driver.enter();
    library.status("cudnnDestroy", handle);
    arena.close();
  }
}
