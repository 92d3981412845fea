package dev.conv4j.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.DeviceFailureException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * NVIDIA's runtime compiler, whichever release the user has, through the foreign function
 * interface: JCuda's binding is made for one of them.
 */
@SuppressWarnings("restricted") // The backend is native by nature.
final class Nvrtc {

  /** The folder or file of the library to use. */
  static final String VARIABLE = "CONV4J_NVRTC";

  private static final List<String> NAMES =
      List.of("libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so");

  private final SymbolLookup symbols;
  private final int major;
  private final int minor;

  private Nvrtc(SymbolLookup symbols) {
    this.symbols = symbols;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment version = arena.allocate(JAVA_INT, 2);
      check("nvrtcVersion", call("nvrtcVersion", version, version.asSlice(4)));
      major = version.get(JAVA_INT, 0);
      minor = version.get(JAVA_INT, 4);
    }
  }

  /**
   * Looks for a library that compiles for a driver.
   *
   * @param place a folder or file, or empty for the loader's own path
   * @param driverMajor the newest CUDA major the driver takes
   */
  static Optional<Nvrtc> find(String place, int driverMajor) {
    for (String name : place.isEmpty() ? NAMES : files(place)) {
      try {
        Nvrtc found = new Nvrtc(open(name));
        if (found.major <= driverMajor) {
          return Optional.of(found);
        }
      } catch (IllegalArgumentException | DeviceFailureException notThisOne) {
        // The next name may be there.
      }
    }
    return Optional.empty();
  }

  private static List<String> files(String place) {
    Path path = Path.of(place);
    if (Files.isRegularFile(path)) {
      return List.of(path.toAbsolutePath().toString());
    }
    return children(path, "libnvrtc.so");
  }

  private static List<String> children(Path folder, String prefix) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.toAbsolutePath().toString())
          .filter(file -> file.contains("/" + prefix))
          .sorted()
          .toList();
    } catch (IOException | SecurityException unreadable) {
      return List.of();
    }
  }

  private static SymbolLookup open(String name) {
    Path path = Path.of(name);
    Path folder = path.getParent();
    if (folder == null) {
      return SymbolLookup.libraryLookup(name, Arena.global());
    }
    // NVRTC looks for its other half by name alone, and only where the loader looks.
    for (String builtins : children(folder, "libnvrtc-builtins.so")) {
      SymbolLookup.libraryLookup(Path.of(builtins), Arena.global());
    }
    return SymbolLookup.libraryLookup(path, Arena.global());
  }

  /** Returns the release, as people write it. */
  String version() {
    return major + "." + minor;
  }

  /**
   * Compiles a source to machine code.
   *
   * @param name for messages
   * @param source the text
   * @param headers what it includes, by name
   * @param options of the compiler
   * @throws DeviceFailureException with the compiler's first complaint
   */
  byte[] compile(String name, String source, Map<String, String> headers, List<String> options) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment slot = arena.allocate(ADDRESS);
      List<String> names = new ArrayList<>(headers.keySet());
      check(
          "nvrtcCreateProgram",
          call(
              "nvrtcCreateProgram",
              slot,
              arena.allocateFrom(source),
              arena.allocateFrom(name),
              names.size(),
              texts(arena, names.stream().map(headers::get).toList()),
              texts(arena, names)));
      MemorySegment program = slot.get(ADDRESS, 0);
      try {
        int status = call("nvrtcCompileProgram", program, options.size(), texts(arena, options));
        if (status != 0) {
          String log =
              new String(
                  fetch(arena, program, "ProgramLog"), java.nio.charset.StandardCharsets.UTF_8);
          throw new DeviceFailureException(
              "NVRTC " + version() + " does not compile " + name + ": " + firstError(log));
        }
        return fetch(arena, program, "CUBIN");
      } finally {
        call("nvrtcDestroyProgram", slot);
      }
    }
  }

  private static String firstError(String log) {
    return log.lines().filter(line -> line.contains("error")).findFirst().orElse("no reason given");
  }

  private byte[] fetch(Arena arena, MemorySegment program, String what) {
    MemorySegment size = arena.allocate(JAVA_LONG);
    check(what, call("nvrtcGet" + what + "Size", program, size));
    MemorySegment content = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
    check(what, call("nvrtcGet" + what, program, content));
    return content
        .asSlice(0, size.get(JAVA_LONG, 0))
        .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment texts(Arena arena, List<String> texts) {
    MemorySegment list = arena.allocate(ADDRESS, Math.max(1, texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      list.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return list;
  }

  private static void check(String function, int status) {
    if (status != 0) {
      throw new DeviceFailureException("NVRTC: " + function + " returns " + status);
    }
  }

  private int call(String function, Object... arguments) {
    MemoryLayout[] types = new MemoryLayout[arguments.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = arguments[i] instanceof Integer ? JAVA_INT : ADDRESS;
    }
    try {
      return (int)
          Linker.nativeLinker()
              .downcallHandle(symbols.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, types))
              .invokeWithArguments(arguments);
    } catch (java.util.NoSuchElementException old) {
      throw new DeviceFailureException("NVRTC " + version() + " has no " + function, old);
    } catch (Throwable broken) {
      throw new DeviceFailureException("NVRTC: " + function + " cannot be called", broken);
    }
  }
}
