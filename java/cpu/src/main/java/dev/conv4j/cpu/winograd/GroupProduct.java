package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Microkernel;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PlaneKernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The product of a group of tiles and a panel of the filter: with the microkernel's rows, or with
 * eight where those fill blocks of tiles better, as they do sixteen. A kernel for eight filters
 * over planes is also one for eight tiles over a panel.
 */
final class GroupProduct {

  private final Kernels kernels;
  private final Panels panels;
  private final int channels;
  private final int rows;

  /** Where a panel's rows are, for kernels that read planes; wide and narrow. */
  private final int[] wide;

  private final int[] narrow;

  /**
   * @param rows one of {@link #rows}
   */
  GroupProduct(Kernels kernels, Panels panels, int channels, int rows) {
    this.kernels = kernels;
    this.panels = panels;
    this.channels = channels;
    this.rows = rows;
    this.wide = places(panels.width());
    this.narrow = places(panels.narrow());
  }

  /** Returns the sizes that groups may have. */
  static int[] rows(Kernels kernels) {
    return kernels.plane().filters() == Moves.GROUP && kernels.rows() != Moves.GROUP
        ? new int[] {kernels.rows(), Moves.GROUP}
        : new int[] {kernels.rows()};
  }

  private int[] places(int width) {
    int[] places = new int[rows == kernels.rows() ? 0 : channels];
    Arrays.setAll(places, k -> Math.multiplyExact(k, width * Float.BYTES));
    return places;
  }

  /** Multiplies. All positions in bytes. */
  void run(
      int panel,
      MemorySegment tiles,
      long tilesAt,
      MemorySegment filter,
      long filterAt,
      MemorySegment products,
      long productsAt,
      long pitch) {
    boolean isNarrow = panels.isNarrow(panel);
    if (rows == kernels.rows()) {
      Microkernel kernel = isNarrow ? kernels.narrow() : kernels.wide();
      kernel.run(channels, tiles, tilesAt, filter, filterAt, products, productsAt, pitch);
      return;
    }
    PlaneKernel kernel = isNarrow ? kernels.narrowPlane() : kernels.plane();
    int[] places = isNarrow ? narrow : wide;
    kernel.run(channels, tiles, tilesAt, filter, filterAt, places, products, productsAt, pitch, 1);
  }
}
