package dev.conv4j.cpu.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What kernels tell the compiler of the memory they are given. */
public final class NativeMemory {

  /**
   * The JDK's class of native segments, mapped files included. Kernels cast their operands to it,
   * which is what makes the compiler know the methods it inlines. Otherwise it goes by what the
   * JDK's own methods have seen anywhere in the program; and once they have seen several kinds of
   * segments or vectors it keeps calls of them beside the inlined code, for which every vector
   * becomes an object. See DESIGN.md.
   */
  public static final Class<? extends MemorySegment> NATIVE = classOfSegments();

  /** Addresses are lower than this wherever there are Java machines. */
  private static final long LIMIT = 1L << 57;

  /**
   * The bits of a place in a window. Masked with these, a place that is added up before a loop is
   * known to be valid, and so is what a loop adds to it that counts no further than an {@code int}.
   */
  public static final long PLACES = LIMIT - 1;

  /**
   * All memory as one segment, where this JVM lets us have it, which takes {@code
   * --enable-native-access}. Positions in it are addresses, and the compiler sees that they are
   * valid: no check is left in a loop, nor what leads up to one.
   */
  private static final @Nullable MemorySegment ALL = allMemory();

  /** The JDK's classes of scopes that nobody can close. */
  private static final Set<Class<?>> ENDLESS = endless();

  private NativeMemory() {}

  /**
   * Returns whether nobody can free memory as long as somebody refers to it: that of a garbage
   * collected arena or of the global one. Direct buffers are left out: there are libraries that
   * free them by hand.
   */
  static boolean isNeverFreed(MemorySegment memory) {
    return ENDLESS.contains(memory.scope().getClass());
  }

  private static Set<Class<?>> endless() {
    Set<Class<?>> classes = new HashSet<>();
    classes.add(Arena.ofAuto().scope().getClass());
    classes.add(Arena.global().scope().getClass());
    try (Arena closed = Arena.ofShared()) {
      classes.remove(closed.scope().getClass());
    }
    return Set.copyOf(classes);
  }

  /**
   * Returns the segment by which a kernel reads an operand that is the library's own, and so lives
   * as long as the run. The bytes are checked here, once. See {@link #placeOf}.
   *
   * @param own the memory
   * @param at the first byte
   * @param bytes how many are read
   */
  public static MemorySegment window(MemorySegment own, long at, long bytes) {
    Objects.checkFromIndexSize(at, bytes, own.byteSize());
    return ALL == null ? own.asSlice(at) : ALL;
  }

  /** Returns where the first byte of such an operand is in its window. */
  public static long placeOf(MemorySegment own, long at) {
    return ALL == null ? 0 : (own.address() + at) & PLACES;
  }

  private static Class<? extends MemorySegment> classOfSegments() {
    return MemorySegment.ofAddress(0).getClass();
  }

  @SuppressWarnings("restricted") // Not called where it is not allowed, so nobody is warned.
  private static @Nullable MemorySegment allMemory() {
    boolean allowed = NativeMemory.class.getModule().isNativeAccessEnabled();
    return allowed ? MemorySegment.NULL.reinterpret(LIMIT << 1) : null;
  }
}
