package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import java.util.Comparator;
import java.util.List;

/**
 * The innermost loops of this JVM, and the only place that knows which tile suits which machine.
 *
 * @param matrices matrix products; several tiles, the one that suits every problem first
 * @param packed matrix products of packed operands only, with the columns of {@code wide} and
 *     {@code narrow}; several numbers of rows, best first
 * @param planes planes read where they lie; several numbers of filters, best first
 * @param moves data movement
 */
public record Kernels(
    List<MatrixKernels> matrices,
    List<PackedKernels> packed,
    List<PlaneKernels> planes,
    Moves moves) {

  /** Cycles to gather one product of a point. */
  private static final double GATHERED = 0.3;

  /** Returns the kernels for this JVM. */
  public static Kernels best() {
    return VectorSupport.isUsable() ? Vectors.kernels() : plain();
  }

  private static Kernels plain() {
    RowMicrokernel wide = new PlainSgemm(64);
    RowMicrokernel narrow = new PlainSgemm(16);
    return new Kernels(
        List.of(new MatrixKernels(wide, narrow)),
        List.of(new PackedKernels(wide, narrow)),
        List.of(new PlaneKernels(new PlainSconv(64), new PlainSconv(16))),
        new PlainMoves());
  }

  /** Loaded only where vectors are usable. */
  private static final class Vectors {

    static Kernels kernels() {
      boolean manyRegisters =
          Lanes.BITS == 512 || System.getProperty("os.arch", "").equals("aarch64");
      return manyRegisters ? ofManyRegisters() : ofFewRegisters();
    }

    /**
     * 32 registers hold 7 rows of 2 vectors, and 7 divides 14, 28, 56, 112 and 224, the extents
     * most networks have; or 8 filters, which divide their channels. Six leave fewer empty where
     * there are 17 or 34.
     */
    private static Kernels ofManyRegisters() {
      return new Kernels(
          List.of(Best.SEVEN, Best.LARGE, Best.MEDIUM),
          List.of(Best.PACKED_EIGHT, Best.PACKED_SEVEN, Best.PACKED_SIX),
          List.of(Best.PLANES_OF_EIGHT, Best.PLANES_OF_SIX),
          new VectorMoves());
    }

    /** 16 registers hold 6 rows. */
    private static Kernels ofFewRegisters() {
      RowMicrokernel wide = new Sgemm6x2v(-1);
      RowMicrokernel narrow = new Sgemm6x1v(1);
      return new Kernels(
          List.of(new MatrixKernels(wide, narrow)),
          List.of(new PackedKernels(wide, narrow)),
          List.of(planesOfSix()),
          new VectorMoves());
    }

    /** Made once: each class that is made has to be compiled by itself. */
    private static final class Best {
      static final MatrixKernels SEVEN = MatrixKernels.of(7, 2, 1, () -> ByVectors.SEVEN);
      static final MatrixKernels LARGE = MatrixKernels.of(6, 4, 2, () -> ByVectors.LARGE);
      static final MatrixKernels MEDIUM = MatrixKernels.of(8, 2, 2, () -> ByVectors.MEDIUM);
      static final PackedKernels PACKED_EIGHT = PackedKernels.of(8, 2, 1, () -> ByVectors.EIGHT);
      static final PackedKernels PACKED_SEVEN =
          PackedKernels.of(
              7, 2, 1, () -> new PackedKernels(ByVectors.SEVEN.wide(), ByVectors.SEVEN.narrow()));
      static final PackedKernels PACKED_SIX = PackedKernels.of(6, 2, 1, () -> ByVectors.SIX);
      static final PlaneKernels PLANES_OF_EIGHT =
          PlaneKernels.of(8, 2, 1, () -> ByVectors.PLANES_OF_EIGHT);
      static final PlaneKernels PLANES_OF_SIX = PlaneKernels.of(6, 2, 1, Vectors::planesOfSix);
    }

    /** Not made before somebody needs them. */
    private static final class ByVectors {
      static final MatrixKernels SEVEN = new MatrixKernels(new Sgemm7x2v(), new Sgemm7x1v());
      static final MatrixKernels LARGE =
          new MatrixKernels(TileGenerator.tile(6, 4), TileGenerator.tile(6, 2));

      /** One vector for the last columns would be no better: C2 unrolls its loop, and spills. */
      private static final RowMicrokernel EIGHT_BY_TWO = TileGenerator.tile(8, 2);

      static final MatrixKernels MEDIUM = new MatrixKernels(EIGHT_BY_TWO, EIGHT_BY_TWO);
      static final PackedKernels EIGHT = new PackedKernels(new Sgemm8x2v(), new Sgemm8x1v());
      static final PackedKernels SIX = new PackedKernels(new Sgemm6x2v(-1), new Sgemm6x1v(1));
      static final PlaneKernels PLANES_OF_EIGHT =
          new PlaneKernels(new Sconv8x2v(), new Sconv8x1v());
    }

    private static PlaneKernels planesOfSix() {
      return new PlaneKernels(new Sconv6x2v(1), new Sconv6x1v(1));
    }
  }

  /**
   * Returns the same with that tile alone that a product should take the least time with.
   *
   * @param points rows of the product
   * @param columns its columns
   */
  public Kernels forProduct(long points, long columns) {
    if (matrices.size() == 1) {
      return this;
    }
    return with(
        matrices.stream()
            .min(Comparator.comparingDouble(each -> each.cycles(points, columns)))
            .orElseThrow());
  }

  /**
   * Returns the same with that tile alone that reads windows where they lie and should take the
   * least time, unless gathering rows for another one is quicker still.
   *
   * @param points rows of the product
   * @param columns its columns
   */
  public Kernels forWindows(long points, long columns) {
    Kernels rows = forProduct(points, columns);
    MatrixKernels gathered = rows.matrices.getFirst();
    return matrices.stream()
        .filter(MatrixKernels::readWindows)
        .min(Comparator.comparingDouble(each -> each.cycles(points, columns)))
        .filter(each ->
            each.cycles(points, columns) < gathered.cycles(points, columns) + points * GATHERED)
        .map(this::with)
        .orElse(rows);
  }

  /** Returns whether products are computed by machine code, compiled from the beginning. */
  public boolean areMachineCode() {
    return wide() instanceof MachineTile;
  }

  /** Returns whether windows are read where they lie. */
  public boolean readWindows() {
    return matrices.getFirst().readWindows();
  }

  /** Returns the same for each tile of matrix products, with that one alone. */
  public List<Kernels> each() {
    return matrices.stream().map(this::with).toList();
  }

  private Kernels with(MatrixKernels one) {
    return new Kernels(List.of(one), packed, planes, moves);
  }

  /** Returns the matrix product for most panels. */
  public RowMicrokernel wide() {
    return matrices.getFirst().wide();
  }

  /** Returns the one for a last panel of few columns; as many rows. */
  public RowMicrokernel narrow() {
    return matrices.getFirst().narrow();
  }

  /** Returns the rows of a tile. */
  public int rows() {
    return wide().rows();
  }

  /** Returns the kernels whose tiles have the fewest empty rows beside so many. */
  public PackedKernels packedFor(long rows) {
    return packed.stream()
        .min(Comparator.comparingLong(each -> padded(rows, each.rows())))
        .orElseThrow();
  }

  /** Returns the kernels whose tiles have the fewest empty places beside so many filters. */
  public PlaneKernels planesFor(long filters) {
    return planes.stream()
        .min(Comparator.comparingLong(each -> padded(filters, each.filters())))
        .orElseThrow();
  }

  private static long padded(long count, long tile) {
    return Math.ceilDiv(count, tile) * tile;
  }

  /** Returns the columns of a panel, {@link #wide}'s; a narrow one uses the first of them. */
  public int columns() {
    return wide().columns();
  }
}
