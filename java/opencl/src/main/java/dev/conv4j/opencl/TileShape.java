package dev.conv4j.opencl;

import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tiles of {@code gemm_tile.cl}: what its macros say, and the launch grid they give. */
final class TileShape {

  /**
   * Fits every device of OpenCL 1.2: 256 work-items, 11 KiB of local memory. The property {@code
   * conv4j.opencl.tiles=small} asks for tiles that an interpreter gets through.
   */
  static final Tuning DEFAULT =
      "small".equals(System.getProperty("conv4j.opencl.tiles"))
          ? tiles(8, 16, 4, 2, 2)
          : tiles(64, 64, 16, 4, 4);

  /** The macro that shares one operand within sub-groups. */
  static final String SUB_GROUP = "SUB_GROUP";

  private TileShape() {}

  private static Tuning tiles(int k, int npq, int crs, int threadK, int threadNpq) {
    return Tuning.of(
        Map.of(
            "TILE_K", k,
            "TILE_NPQ", npq,
            "TILE_CRS", crs,
            "THREAD_K", threadK,
            "THREAD_NPQ", threadNpq));
  }

  /**
   * Returns the tiles worth trying on a device. Where lanes of a sub-group can read each other's
   * registers they do, unless a measurement says otherwise; elsewhere the macro does not exist.
   */
  static TuningSpace space(DeviceDescription device) {
    Map<String, List<Integer>> ranges = new TreeMap<>();
    ranges.put("TILE_K", List.of(32, 64, 128));
    ranges.put("TILE_NPQ", List.of(32, 64, 128));
    ranges.put("TILE_CRS", List.of(8, 16));
    ranges.put("THREAD_K", List.of(4, 8));
    ranges.put("THREAD_NPQ", List.of(4, 8));
    if (device.hasShuffles()) {
      ranges.put(SUB_GROUP, List.of(0, 1));
    }
    return new TuningSpace(
        device.hasShuffles() ? DEFAULT.with(SUB_GROUP, 1) : DEFAULT,
        ranges,
        List.of(
            new TuningSpace.Constraint(
                "THREAD_K divides TILE_K, THREAD_NPQ divides TILE_NPQ",
                t ->
                    t.get("TILE_K") % t.get("THREAD_K") == 0
                        && t.get("TILE_NPQ") % t.get("THREAD_NPQ") == 0),
            new TuningSpace.Constraint(
                "TILE_NPQ and TILE_CRS divide the number of work-items",
                t -> items(t) % t.get("TILE_NPQ") == 0 && items(t) % t.get("TILE_CRS") == 0),
            new TuningSpace.Constraint("at most 256 work-items", t -> items(t) <= 256)));
  }

  private static int items(Tuning tuning) {
    return tuning.get("TILE_K")
        / tuning.get("THREAD_K")
        * (tuning.get("TILE_NPQ") / tuning.get("THREAD_NPQ"));
  }

  /** Returns the grid that covers a matrix of sums, once for each of {@code layers}. */
  static Grid grid(Tuning tuning, long rows, long columns, long layers) {
    return Grid.groups(
        Grid.ceilDiv(columns, tuning.get("TILE_NPQ")),
        Grid.ceilDiv(rows, tuning.get("TILE_K")),
        layers,
        tuning.get("TILE_NPQ") / tuning.get("THREAD_NPQ"),
        tuning.get("TILE_K") / tuning.get("THREAD_K"));
  }

  /** Returns the share of a tile's sums that is wanted. */
  static double fill(Tuning tuning, long rows, long columns) {
    long tileRows = tuning.get("TILE_K");
    long tileColumns = tuning.get("TILE_NPQ");
    double padded =
        (double) Grid.ceilDiv(rows, tileRows)
            * tileRows
            * Grid.ceilDiv(columns, tileColumns)
            * tileColumns;
    return (double) rows * columns / padded;
  }
}
