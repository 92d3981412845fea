package dev.conv4j.cuda;

import java.util.List;

/**
 * A shape of tile a GEMM kernel is compiled for, in variants for the ways its operands lie.
 *
 * @param family the variants' common beginning
 * @param shape rows and columns as variants are named: {@code 128x64}
 * @param rows of a block
 * @param columns of a block
 * @param products of one step
 * @param vectors whether there are variants that copy vectors along the sum
 * @param efficiency share of the peak a full device reaches with it; unmeasured, by reasoning:
 *     larger tiles read less for each product
 */
record GemmTile(
    String family,
    String shape,
    int rows,
    int columns,
    int products,
    boolean vectors,
    double efficiency) {

  private static final List<String> SHAPES = List.of("128x128", "64x64", "32x128");
  private static final List<String> TENSOR_SHAPES = List.of("128x128", "64x64");

  /** What a tile reads for free beside its products, in rows and columns. */
  private static final double OVERHEAD = 24;

  /** Returns the shapes of the kernel on the CUDA cores, largest first. */
  static List<GemmTile> simple(Kernels kernels) {
    return SHAPES.stream().map(shape -> tile(kernels, "implicit-gemm", shape, false)).toList();
  }

  /** Returns the shapes of a kernel on the tensor cores that fit the device, largest first. */
  static List<GemmTile> tensor(Kernels kernels, String family) {
    return TENSOR_SHAPES.stream()
        .map(shape -> tile(kernels, family, shape, true))
        .filter(tile -> tile.fits(kernels))
        .toList();
  }

  private static GemmTile tile(Kernels kernels, String family, String shape, boolean vectors) {
    KernelVariant variant = kernels.variant(family + "-" + shape + "-sc");
    int rows = variant.tuning().get("TILE_K");
    int columns = variant.tuning().get("TILE_NPQ");
    double reuse = 2.0 * rows * columns / (rows + columns);
    return new GemmTile(
        family,
        shape,
        rows,
        columns,
        variant.tuning().get("TILE_CRS"),
        vectors,
        reuse / (reuse + OVERHEAD));
  }

  private boolean fits(Kernels kernels) {
    return kernels.variant(family + "-" + shape + "-ss").sharedBytes()
        <= kernels.gpu().sharedBytes();
  }

  /** Returns the variant for the way a product's operands lie. */
  String variant(GemmView view, GemmBytes bytes) {
    // Bytes have no variant along rows: a's rows are no neighbours forward, the only direction.
    String a = view.aAlongSum() || bytes.elementBytes() == 1 ? "s" : "r";
    String x = view.xAlongSum() ? "s" : "c";
    if (vectors && bytes.vectorsOfX(view)) {
      boolean both = bytes.vectorsOfA(view);
      if (both || a.equals("r")) {
        a = both ? "v" : "r";
        x = "v";
      }
    }
    return family + "-" + shape + "-" + a + x;
  }

  /** Returns the tiles that cover a product. */
  long tiles(GemmView view) {
    return Grid.ceil(view.rows(), rows) * Grid.ceil(view.column().count(), columns) * view.groups();
  }
}
