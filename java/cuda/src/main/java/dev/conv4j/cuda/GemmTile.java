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
 * @param efficiency share of the peak a full device reaches with it; unmeasured, by reasoning:
 *     larger tiles read less for each product
 */
record GemmTile(
    String family, String shape, int rows, int columns, int products, double efficiency) {

  private static final List<String> SHAPES = List.of("128x128", "64x64", "32x128");

  /** Returns the shapes of a family, largest first. */
  static List<GemmTile> family(Kernels kernels, String family) {
    return SHAPES.stream().map(shape -> tile(kernels, family, shape)).toList();
  }

  private static GemmTile tile(Kernels kernels, String family, String shape) {
    KernelVariant variant = kernels.variant(family + "-" + shape + "-sc");
    int rows = variant.tuning().get("TILE_K");
    int columns = variant.tuning().get("TILE_NPQ");
    double reuse = 2.0 * rows * columns / (rows + columns);
    return new GemmTile(
        family, shape, rows, columns, variant.tuning().get("TILE_CRS"), reuse / (reuse + 24));
  }

  /** Returns the variant for the way a product's operands lie. */
  String variant(GemmView view) {
    return family
        + "-"
        + shape
        + "-"
        + (view.aAlongSum() ? "s" : "r")
        + (view.xAlongSum() ? "s" : "c");
  }

  /** Returns the tiles that cover a product. */
  long tiles(GemmView view) {
    return Grid.ceil(view.rows(), rows)
        * Grid.ceil(view.column().count(), columns)
        * view.groups();
  }
}
