package dev.conv4j.cuda;

import dev.conv4j.spi.kernels.Tuning;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shape of tile a GEMM kernel is compiled for, in variants for the ways its operands lie.
 *
 * @param family the variants' common beginning
 * @param shape rows and columns as variants are named: {@code 128x64}
 * @param rows of a block
 * @param columns of a block
 * @param products of one step
 * @param threads of a block
 * @param efficiency share of the peak a full device reaches with it; unmeasured, by reasoning:
 *     larger tiles read less for each product
 */
record GemmTile(
    String family,
    String shape,
    int rows,
    int columns,
    int products,
    int threads,
    double efficiency) {

  private static final List<String> SHAPES = List.of("128x128", "64x64", "32x128");
  private static final List<String> TENSOR_SHAPES = List.of("128x256", "128x128", "64x64");

  /** The ways a tile may be compiled for, best first; the last takes operands however they lie. */
  private static final List<String> WAYS = List.of("ss", "rs", "rr", "sr", "se", "ee");

  /** What a tile reads for free beside its products, in rows and columns. */
  private static final double OVERHEAD = 24;

  /** Returns the shapes of the kernel on the CUDA cores, largest first. */
  static List<GemmTile> simple(Kernels kernels) {
    return SHAPES.stream().map(shape -> tile(kernels, "implicit-gemm", shape)).toList();
  }

  /** Returns the shapes of a kernel on the tensor cores that fit the device, largest first. */
  static List<GemmTile> tensor(Kernels kernels, String family) {
    return TENSOR_SHAPES.stream()
        .filter(
            shape -> WAYS.stream().anyMatch(way -> kernels.fits(family + "-" + shape + "-" + way)))
        .map(shape -> tile(kernels, family, shape))
        .toList();
  }

  private static GemmTile tile(Kernels kernels, String family, String shape) {
    String prefix = family + "-" + shape + "-";
    String any = WAYS.stream().map(prefix::concat).filter(kernels::fits).findFirst().orElseThrow();
    KernelVariant variant = kernels.variant(any);
    int rows = variant.tuning().get("TILE_K");
    int columns = variant.tuning().get("TILE_NPQ");
    double reuse = 2.0 * rows * columns / (rows + columns);
    return new GemmTile(
        family,
        shape,
        rows,
        columns,
        variant.tuning().get("TILE_CRS"),
        variant.threads(),
        reuse / (reuse + OVERHEAD));
  }

  /**
   * Returns this tile as it serves products whose operands lie in certain ways, or null where it is
   * not compiled for one of them.
   */
  @Nullable GemmTile serving(Kernels kernels, List<GemmView> views, GemmBytes bytes) {
    double share = Double.MAX_VALUE;
    for (GemmView view : views) {
      String variant = variant(kernels, view, bytes);
      if (variant == null) {
        return null;
      }
      share = Math.min(share, share(variant.substring(variant.length() - 2)));
    }
    return new GemmTile(family, shape, rows, columns, products, threads, share * efficiency);
  }

  /** Returns what a way leaves of the speed, by the instructions of the loop for sm_90. */
  private double share(String way) {
    return switch (way) {
      case "ee" ->
          switch (family) {
            case "implicit-gemm" -> 0.7;
            case "tensor-gemm-tf32" -> 0.4;
            case "tensor-gemm-s8" -> 0.1;
            default -> 0.15;
          };
      case "se" -> 0.85;
      default -> 1;
    };
  }

  /** Returns whether a tuning means this tile. */
  boolean isOf(Tuning tuning) {
    return tuning.get("TILE_K") == rows && tuning.get("TILE_NPQ") == columns;
  }

  /**
   * Returns the variant for the way a product's operands lie: a letter for a and one for x, {@code
   * s} for vectors along the sum, {@code r} along a's rows and x's columns, {@code e} for elements
   * in any order. Null where there is none for this way.
   */
  @Nullable String variant(Kernels kernels, GemmView view, GemmBytes bytes) {
    GemmVectors vectors = bytes.vectors(view);
    boolean zeros = bytes.padsWithZeros(view);
    String ofA = letters(vectors.aAlongSum(), vectors.aAlongRows());
    String ofX = letters(zeros && vectors.xAlongSum(), zeros && vectors.xAlongColumns());
    return WAYS.stream()
        .filter(way -> ofA.indexOf(way.charAt(0)) >= 0 && ofX.indexOf(way.charAt(1)) >= 0)
        .map(way -> family + "-" + shape + "-" + way)
        .filter(kernels::fits)
        .findFirst()
        .orElse(null);
  }

  /** Returns whether it would copy an operand of a product element by element. */
  boolean byElements(Kernels kernels, GemmView view, GemmBytes bytes) {
    String variant = variant(kernels, view, bytes);
    return variant == null || variant.substring(variant.length() - 2).contains("e");
  }

  private static String letters(boolean alongSum, boolean alongResult) {
    return (alongSum ? "s" : "") + (alongResult ? "r" : "") + "e";
  }

  /** Returns the tiles that cover a product. */
  long tiles(GemmView view) {
    return Grid.ceil(view.rows(), rows) * Grid.ceil(view.column().count(), columns) * view.groups();
  }
}
