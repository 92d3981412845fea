package dev.conv4j.cpu.code;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Memory that code runs from: written first, executable and read-only from then on, never both.
 * POSIX systems only. What is asked for here stays until the process ends.
 */
final class ExecutableMemory {

  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int EXECUTE = 4;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final long FAILED = -1;
  private static final long PAGE = 4096;

  private static final FunctionDescriptor MMAP_TYPE =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);

  private static final FunctionDescriptor MPROTECT_TYPE =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private static final MethodHandle MMAP = function("mmap", MMAP_TYPE);
  private static final MethodHandle MPROTECT = function("mprotect", MPROTECT_TYPE);

  private ExecutableMemory() {}

  /** Returns a copy of some code that may be called, or null where the system refuses that. */
  @SuppressWarnings("restricted") // Asked for only where the module has native access.
  static @Nullable MemorySegment of(byte[] code) {
    long bytes = Math.ceilDiv(code.length, PAGE) * PAGE;
    try {
      long address = (long) MMAP.invokeExact(0L, bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (address == FAILED) {
        return null;
      }
      MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes);
      memory.copyFrom(MemorySegment.ofArray(code));
      int refused = (int) MPROTECT.invokeExact(address, bytes, READ | EXECUTE);
      return refused == 0 ? memory : null;
    } catch (Throwable unexpected) {
      throw new IllegalStateException("no call of the C library's mmap", unexpected);
    }
  }

  @SuppressWarnings("restricted") // As above.
  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup library = linker.defaultLookup();
    return linker.downcallHandle(library.find(name).orElseThrow(), type);
  }
}
