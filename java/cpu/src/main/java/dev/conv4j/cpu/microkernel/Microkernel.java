package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/**
 * The product of a few rows and a panel of columns, {@code C[rows][columns] = Σ A[k][rows] ·
 * B[k][columns]}, each element one chain of fused multiply-adds over ascending k from zero. (The
 * register tile of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication".)
 *
 * <p>Implementations hold the tile in local variables and call nothing but the JDK's vector and
 * segment methods: those are always inlined, a helper of our own is not once the method is large,
 * and then every vector becomes an object. More than some 16 accumulators pass limits of the
 * compilers. Segments are cast to {@link dev.conv4j.cpu.memory.NativeMemory#NATIVE}, so that
 * nothing depends on what other code has done with segments. Packed operands are the library's own
 * memory and read through a {@linkplain dev.conv4j.cpu.memory.NativeMemory#window window};
 * elsewhere positions follow from k alone, so that bounds are checked once before the loop, and
 * operands should have a turn's elements behind them, for which the check is as well. Where there
 * are 16 registers a branch within the turn keeps loads from being moved ahead of it. See
 * DESIGN.md.
 */
public interface Microkernel {

  /** Bytes that a kernel may read ahead with each product; a line of the cache in four or more. */
  int AHEAD_BYTES = 16;

  /**
   * What is read ahead is compared with this, lest the compiler leave the read out: a NaN that no
   * arithmetic makes. A comparison takes no register, and none is free.
   */
  int UNLIKELY = 0x7fc1_2345;

  /** More than any sum has products: loops that end below count no further than an {@code int}. */
  int DEPTHS = 1 << 22;

  /** Returns the rows of the tile. */
  int rows();

  /** Returns the columns of the tile. */
  int columns();

  /** Returns the bytes that are read ahead with each product. */
  default int aheadBytes() {
    return AHEAD_BYTES;
  }

  /**
   * Computes one tile from a gathered panel. All positions and distances in bytes; native memory
   * only. Meanwhile it may read something that will be needed soon, slowly enough that memory keeps
   * up: a processor does not go on for long behind a load that waits.
   *
   * @param depth products in each sum
   * @param a one operand, the library's own memory: for each k a group of {@link Moves#GROUP}
   *     elements, of which the first {@link #rows} are used
   * @param aAt its first element
   * @param b the other operand, the library's own too, a panel: rows of {@link #columns} elements
   *     without a gap
   * @param bAt its first element
   * @param c the tile, overwritten
   * @param cAt its first element
   * @param cRow from a row to the next
   * @param next what may be read ahead, {@link #aheadBytes} for each product
   * @param nextAt its first byte
   * @return how often {@link #UNLIKELY} was read ahead, which nobody needs
   * @throws IndexOutOfBoundsException if an operand is too short
   */
  int run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt);

  /** Computes one tile and reads nothing ahead, only the panel that it reads anyway. */
  default void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow) {
    run(depth, a, aAt, b, bAt, c, cAt, cRow, b, bAt);
  }
}
