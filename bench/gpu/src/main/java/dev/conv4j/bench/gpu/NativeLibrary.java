package dev.conv4j.bench.gpu;

import dev.conv4j.DeviceFailureException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A C library whose functions return a status, 0 for success, and take ints, longs, floats, doubles
 * and addresses. Stays loaded.
 */
@SuppressWarnings("restricted") // What talks to a GPU is native by nature.
final class NativeLibrary {

  private final String name;
  private final SymbolLookup symbols;
  private final Map<String, MethodHandle> handles = new ConcurrentHashMap<>();

  private NativeLibrary(String name, SymbolLookup symbols) {
    this.name = name;
    this.symbols = symbols;
  }

  /**
   * Loads a library by the name the system's loader knows.
   *
   * @throws IllegalArgumentException if there is none
   */
  static NativeLibrary named(String name) {
    return new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global()));
  }

  /**
   * Loads a library from a file.
   *
   * @throws IllegalArgumentException if it does not load
   */
  static NativeLibrary at(Path file) {
    return new NativeLibrary(
        String.valueOf(file.getFileName()), SymbolLookup.libraryLookup(file, Arena.global()));
  }

  /** Returns whether it has a function. */
  boolean has(String function) {
    return symbols.find(function).isPresent();
  }

  /**
   * Calls a function.
   *
   * @param arguments Integer, Long, Float, Double or MemorySegment, as the function declares them
   * @throws DeviceFailureException if it does not return 0
   */
  void call(String function, Object... arguments) {
    int status = status(function, arguments);
    if (status != 0) {
      throw new DeviceFailureException(name + ": " + function + " returns " + status);
    }
  }

  /** Calls a function and returns its status. */
  int status(String function, Object... arguments) {
    try {
      return (int) handle(function, ValueLayout.JAVA_INT, arguments).invokeWithArguments(arguments);
    } catch (Throwable broken) {
      throw new IllegalStateException(function + " cannot be called", broken);
    }
  }

  /** Calls a function without arguments that returns a size. */
  long number(String function) {
    try {
      return (long) handle(function, ValueLayout.JAVA_LONG).invokeWithArguments();
    } catch (Throwable broken) {
      throw new IllegalStateException(function + " cannot be called", broken);
    }
  }

  /**
   * Returns a function for calls that are timed: {@code invokeExact} on it costs nanoseconds, where
   * {@link #call} boxes its arguments.
   */
  MethodHandle exact(String function, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(function), type);
  }

  private MethodHandle handle(String function, MemoryLayout result, Object... arguments) {
    return handles.computeIfAbsent(
        function,
        absent -> {
          MemoryLayout[] types = new MemoryLayout[arguments.length];
          for (int i = 0; i < types.length; i++) {
            types[i] = layout(arguments[i]);
          }
          return Linker.nativeLinker()
              .downcallHandle(symbols.findOrThrow(absent), FunctionDescriptor.of(result, types));
        });
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case Integer i -> ValueLayout.JAVA_INT;
      case Long l -> ValueLayout.JAVA_LONG;
      case Float f -> ValueLayout.JAVA_FLOAT;
      case Double d -> ValueLayout.JAVA_DOUBLE;
      case MemorySegment segment -> ValueLayout.ADDRESS;
      default -> throw new IllegalArgumentException("no C type for " + argument.getClass());
    };
  }
}
