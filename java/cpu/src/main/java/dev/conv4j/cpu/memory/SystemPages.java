package dev.conv4j.cpu.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Pages straight from a Linux system, which clears each when it is first touched: the JDK clears
 * native memory once more, and takes it in pages of 4 KiB. Needs native access.
 */
public final class SystemPages {

  private static final long READ = 1;
  private static final long WRITE = 2;
  private static final long EXECUTE = 4;
  private static final long PRIVATE_ANONYMOUS = 0x22;
  private static final long IN_HUGE_PAGES = 14;
  private static final long FAILED = -1;
  private static final long PAGE = 4096;
  private static final long HUGE_PAGE = 2L << 20;

  private static final AtomicBoolean LINKING = new AtomicBoolean();

  private SystemPages() {}

  /** Returns whether pages can be had here. */
  public static boolean areUsable() {
    return System.getProperty("os.name", "").equals("Linux")
        && System.getProperty("sun.arch.data.model", "64").equals("64")
        && SystemPages.class.getModule().isNativeAccessEnabled();
  }

  /** Has another thread link what is called later, once: it takes some 70 ms. */
  public static void linkSoon() {
    if (areUsable() && LINKING.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("conv4j-link").start(Functions::link);
    }
  }

  /**
   * The C library's functions, by one type: integers in registers, of which each takes as many as
   * it has parameters. Linking a type takes longer than all calls of it.
   */
  private static final class Functions {
    private static final FunctionDescriptor TYPE =
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    static final MethodHandle MAP = function("mmap");
    static final MethodHandle UNMAP = function("munmap");
    static final MethodHandle PROTECT = function("mprotect");
    static final MethodHandle ADVISE = function("madvise");

    /** Initializes this class. */
    static void link() {}

    @SuppressWarnings("restricted") // Only where the module has native access.
    private static MethodHandle function(String name) {
      SymbolLookup library = Linker.nativeLinker().defaultLookup();
      return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), TYPE);
    }
  }

  private static long call(MethodHandle function, long a, long b, long c, long d, long e) {
    try {
      return (long) function.invokeExact(a, b, c, d, e, 0L);
    } catch (Throwable unexpected) {
      throw new IllegalStateException("no call of the C library", unexpected);
    }
  }

  private static long map(long bytes) {
    return call(Functions.MAP, 0, bytes, READ | WRITE, PRIVATE_ANONYMOUS, -1);
  }

  /**
   * Returns memory in huge pages, as far as the system has any, or null where it has none at all.
   *
   * @param arena when it closes the pages are given back
   */
  @SuppressWarnings("restricted") // As above.
  static @Nullable MemorySegment allocate(Arena arena, long bytes) {
    long wanted = Math.ceilDiv(bytes, PAGE) * PAGE;
    // As much more as it takes to begin with a whole huge page.
    long mapped = wanted + HUGE_PAGE;
    long address = map(mapped);
    if (address == FAILED) {
      return null;
    }
    long first = Math.ceilDiv(address, HUGE_PAGE) * HUGE_PAGE;
    // Not behind what is wanted, which a huge page would fill up to its end.
    call(Functions.ADVISE, first, wanted, IN_HUGE_PAGES, 0, 0);
    return MemorySegment.ofAddress(first)
        .reinterpret(bytes, arena, memory -> call(Functions.UNMAP, address, mapped, 0, 0, 0));
  }

  /** Returns a copy of some code that may be called, or null where the system refuses that. */
  @SuppressWarnings("restricted") // As above.
  public static @Nullable MemorySegment executable(byte[] code) {
    long bytes = Math.ceilDiv(code.length, PAGE) * PAGE;
    long address = map(bytes);
    if (address == FAILED) {
      return null;
    }
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes);
    memory.copyFrom(MemorySegment.ofArray(code));
    boolean refused = (int) call(Functions.PROTECT, address, bytes, READ | EXECUTE, 0, 0) != 0;
    return refused ? null : memory;
  }
}
