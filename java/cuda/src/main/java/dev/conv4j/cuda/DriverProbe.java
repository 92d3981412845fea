package dev.conv4j.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Locale;

/**
 * Asks the driver library, through the foreign function interface, whether there is a device at
 * all. JCuda says the same only with a stack trace and a class that stays broken.
 *
 * @param reason why CUDA cannot be used on this machine, or empty when it can
 * @param version the newest CUDA version the driver supports, as 1000·major + 10·minor
 */
record DriverProbe(String reason, int version) {

  private static final int NO_DEVICE = 100;

  /** Asks. */
  static DriverProbe run() {
    return run(library());
  }

  /** Returns the name of the driver's library. */
  static String library() {
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");
    return windows ? "nvcuda.dll" : "libcuda.so.1";
  }

  @SuppressWarnings("restricted") // The backend is native by nature; denial is reported below.
  static DriverProbe run(String name) {
    try (Arena arena = Arena.ofShared()) {
      return ask(SymbolLookup.libraryLookup(name, arena), arena);
    } catch (IllegalArgumentException notThere) {
      return absent("no NVIDIA driver (" + name + ") on this machine");
    } catch (IllegalCallerException denied) {
      return absent("native access is denied; start Java with --enable-native-access");
    }
  }

  private static DriverProbe ask(SymbolLookup driver, Arena arena) {
    try {
      int rc = call(driver, "cuInit", 0);
      if (rc != 0) {
        return absent(
            rc == NO_DEVICE
                ? "the NVIDIA driver is here, but it finds no GPU"
                : "the NVIDIA driver does not start (cuInit returns " + rc + ")");
      }
      MemorySegment number = arena.allocate(JAVA_INT);
      rc = call(driver, "cuDeviceGetCount", number);
      if (rc != 0 || number.get(JAVA_INT, 0) == 0) {
        return absent("the NVIDIA driver is here, but it finds no GPU");
      }
      rc = call(driver, "cuDriverGetVersion", number);
      return rc == 0
          ? new DriverProbe("", number.get(JAVA_INT, 0))
          : absent("the NVIDIA driver does not tell its version (error " + rc + ")");
    } catch (Throwable broken) {
      return absent("the NVIDIA driver cannot be called: " + broken);
    }
  }

  private static DriverProbe absent(String reason) {
    return new DriverProbe(reason, 0);
  }

  @SuppressWarnings("restricted")
  private static int call(SymbolLookup driver, String function, int argument) throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(driver.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, JAVA_INT))
            .invokeExact(argument);
  }

  @SuppressWarnings("restricted")
  private static int call(SymbolLookup driver, String function, MemorySegment argument)
      throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(driver.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, ADDRESS))
            .invokeExact(argument);
  }
}
