package dev.conv4j.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The two calls of every launch, straight to the driver that JCuda has loaded: JCuda takes the
 * arguments of a launch apart object by object, which costs more than the driver itself.
 */
@SuppressWarnings("restricted") // The backend is native by nature.
final class DriverCalls {

  private static final SymbolLookup DRIVER =
      SymbolLookup.libraryLookup(DriverProbe.library(), Arena.global());

  private static final MethodHandle SET_CURRENT = handle("cuCtxSetCurrent", JAVA_LONG);

  private static final MethodHandle LAUNCH =
      handle(
          "cuLaunchKernel",
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_LONG,
          ADDRESS,
          JAVA_LONG);

  private DriverCalls() {}

  private static MethodHandle handle(String function, java.lang.foreign.MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(DRIVER.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** Makes a context current on this thread; returns the driver's code. */
  static int setCurrent(long context) {
    try {
      return (int) SET_CURRENT.invokeExact(context);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /**
   * Enqueues a launch; returns the driver's code.
   *
   * @param parameters pointers to the arguments' values
   */
  static int launch(
      long function,
      Grid grid,
      int threads,
      int sharedBytes,
      long stream,
      MemorySegment parameters) {
    try {
      return (int)
          LAUNCH.invokeExact(
              function,
              grid.x(),
              grid.y(),
              grid.z(),
              threads,
              1,
              1,
              sharedBytes,
              stream,
              parameters,
              0L);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
