package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Microkernel;
import dev.conv4j.cpu.microkernel.PackedKernels;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * The product of a group of tiles and a panel of the filter: with the rows of {@link Kernels#wide},
 * or with those of {@link Kernels#packed} where these fill blocks of tiles better, as eight do
 * sixteen.
 */
final class GroupProduct {

  private final Microkernel wide;
  private final Microkernel narrow;
  private final Panels panels;
  private final int channels;

  /**
   * @param rows one of {@link #rows}
   */
  GroupProduct(Kernels kernels, Panels panels, int channels, int rows) {
    boolean packed = rows != kernels.rows();
    PackedKernels best = kernels.packed().getFirst();
    this.wide = packed ? best.wide() : kernels.wide();
    this.narrow = packed ? best.narrow() : kernels.narrow();
    this.panels = panels;
    this.channels = channels;
  }

  /** Returns the sizes that groups may have. */
  static int[] rows(Kernels kernels) {
    PackedKernels best = kernels.packed().getFirst();
    boolean fits = best.wide().columns() == kernels.columns();
    return IntStream.of(kernels.rows(), fits ? best.rows() : kernels.rows()).distinct().toArray();
  }

  /** Returns the bytes that a group reads ahead with each channel. */
  int aheadBytes(int panel) {
    return kernel(panel).aheadBytes();
  }

  private Microkernel kernel(int panel) {
    return panels.isNarrow(panel) ? narrow : wide;
  }

  /**
   * Multiplies. All positions in bytes.
   *
   * @param nextAt what is read ahead of the filter
   */
  void run(
      int panel,
      MemorySegment tiles,
      long tilesAt,
      MemorySegment filter,
      long filterAt,
      MemorySegment products,
      long productsAt,
      long pitch,
      long nextAt) {
    kernel(panel)
        .run(
            channels,
            tiles,
            tilesAt,
            filter,
            filterAt,
            products,
            productsAt,
            pitch,
            filter,
            nextAt);
  }
}
