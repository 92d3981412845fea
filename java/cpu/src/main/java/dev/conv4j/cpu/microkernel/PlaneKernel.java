package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/**
 * A few filters over neighbouring points of source planes: {@code C[filter][point] = Σ A[k][filter]
 * · B[place(k) + point]}, each element one chain of fused multiply-adds over ascending k from zero.
 * Nothing is gathered, the points are read where they lie. The rules of {@link Microkernel} hold. A
 * row of tiles is one call: entering a kernel costs as much as five products.
 */
public interface PlaneKernel {

  /** Returns the filters of a tile. */
  int filters();

  /** Returns whether {@link #run} prefetches what it may. */
  default boolean prefetches() {
    return false;
  }

  /** Returns the points of a tile. */
  int points();

  /**
   * Computes tiles side by side. All positions and distances in bytes; native memory only.
   *
   * @param depth products in each sum
   * @param a for each k {@link #filters} elements, the library's own memory
   * @param aAt its first element
   * @param b the planes
   * @param bAt added to every place
   * @param places where in the planes the first point's element is, a long for each k, the
   *     library's own memory too: see DESIGN.md
   * @param farthest the greatest of the places
   * @param c the tiles, overwritten
   * @param cAt its first element
   * @param cRow from a filter to the next
   * @param tiles how many, each {@link #points} further in the planes and in c
   * @param aheadAt added to every place, which may be prefetched then: the first line of a tile
   */
  void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment places,
      long farthest,
      MemorySegment c,
      long cAt,
      long cRow,
      int tiles,
      long aheadAt);
}
