package dev.conv4j.opencl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Asks the OpenCL loader library, through the foreign function interface, whether there is a device
 * at all. JOCL says the same only with a stack trace and a class that stays broken.
 */
final class LoaderProbe {

  private static final int DEVICE_NOT_FOUND = -1;
  private static final int PLATFORM_NOT_FOUND = -1001;
  private static final long ALL_DEVICES = 0xFFFFFFFFL;
  private static final int MOST_PLATFORMS = 64;

  private LoaderProbe() {}

  /** Returns why OpenCL cannot be used on this machine, or empty when it can. */
  static Optional<String> reasonForAbsence() {
    return reasonForAbsence(libraryNames());
  }

  @SuppressWarnings("restricted") // The backend is native by nature; denial is reported below.
  static Optional<String> reasonForAbsence(List<String> libraries) {
    try (Arena arena = Arena.ofShared()) {
      SymbolLookup library = null;
      for (String name : libraries) {
        try {
          library = SymbolLookup.libraryLookup(name, arena);
          break;
        } catch (IllegalArgumentException notThere) {
          // the next name
        }
      }
      if (library == null) {
        return Optional.of(
            "no OpenCL loader library (" + libraries.getFirst() + ") on this machine");
      }
      return countDevices(library, arena);
    } catch (IllegalCallerException denied) {
      return Optional.of("native access is denied; start Java with --enable-native-access");
    }
  }

  private static List<String> libraryNames() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (os.startsWith("windows")) {
      return List.of("OpenCL.dll");
    }
    if (os.startsWith("mac")) {
      return List.of("/System/Library/Frameworks/OpenCL.framework/OpenCL");
    }
    return List.of("libOpenCL.so.1", "libOpenCL.so");
  }

  @SuppressWarnings("restricted")
  private static Optional<String> countDevices(SymbolLookup library, Arena arena) {
    Optional<MemorySegment> platformIds = library.find("clGetPlatformIDs");
    Optional<MemorySegment> deviceIds = library.find("clGetDeviceIDs");
    if (platformIds.isEmpty() || deviceIds.isEmpty()) {
      return Optional.of("the OpenCL loader library lacks clGetPlatformIDs or clGetDeviceIDs");
    }
    Linker linker = Linker.nativeLinker();
    MethodHandle getPlatforms =
        linker.downcallHandle(
            platformIds.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    MethodHandle getDevices =
        linker.downcallHandle(
            deviceIds.get(),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    try {
      MemorySegment count = arena.allocate(JAVA_INT);
      MemorySegment platforms = arena.allocate(ADDRESS, MOST_PLATFORMS);
      int rc = (int) getPlatforms.invokeExact(MOST_PLATFORMS, platforms, count);
      int found = rc == 0 ? Math.min(MOST_PLATFORMS, count.get(JAVA_INT, 0)) : 0;
      if (rc == PLATFORM_NOT_FOUND || (rc == 0 && found == 0)) {
        return Optional.of("the OpenCL loader is here, but no driver is registered with it");
      }
      if (rc != 0) {
        return Optional.of("clGetPlatformIDs fails with error " + rc);
      }
      int failure = DEVICE_NOT_FOUND;
      for (int i = 0; i < found; i++) {
        MemorySegment platform = platforms.getAtIndex(ADDRESS, i);
        int result =
            (int) getDevices.invokeExact(platform, ALL_DEVICES, 0, MemorySegment.NULL, count);
        if (result == 0 && count.get(JAVA_INT, 0) > 0) {
          return Optional.empty();
        }
        failure = result == 0 ? failure : result;
      }
      return Optional.of(
          failure == DEVICE_NOT_FOUND
              ? "OpenCL drivers are here, but they find no device"
              : "clGetDeviceIDs fails with error " + failure);
    } catch (Throwable broken) {
      return Optional.of("the OpenCL loader cannot be called: " + broken);
    }
  }
}
