package dev.conv4j.cpu.memory;

import java.lang.foreign.MemorySegment;

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

  private NativeMemory() {}

  private static Class<? extends MemorySegment> classOfSegments() {
    return MemorySegment.ofAddress(0).getClass();
  }
}
