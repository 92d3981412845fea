package dev.conv4j.opencl;

import dev.conv4j.spi.kernels.Tuning;
import java.util.List;
import java.util.Map;

/**
 * What the lanes of a vector are in a CPU-shaped kernel, and with that the kernel and its tiles.
 *
 * @param id the algorithm's id
 * @param stem the kernel file and its entry
 * @param filters filters of one tile of the packed filter
 * @param defaults tile sizes
 * @param candidates tile sizes worth trying
 */
record CpuLanes(
    String id, String stem, int filters, Tuning defaults, Map<String, List<Integer>> candidates) {

  /** Filters, whose weights are packed side by side: any layout, stride and border. */
  static final CpuLanes FILTERS =
      new CpuLanes(
          "implicit-gemm-cpu",
          "implicit_gemm_cpu",
          32,
          Tuning.of(Map.of("THREAD_NPQ", 14, "PANELS", 4, "TILE_CRS", 128, "TILE_K", 128)),
          Map.of(
              "THREAD_NPQ", List.of(8, 12, 14),
              "PANELS", List.of(2, 4),
              "TILE_CRS", List.of(128, 256),
              "TILE_K", List.of(64, 128, 256)));

  /** Pixels, which lie side by side in planes: large ones, NCHW. */
  static final CpuLanes PIXELS =
      new CpuLanes(
          "plane-gemm-cpu",
          "plane_gemm_cpu",
          8,
          Tuning.of(Map.of("VECTORS", 3, "TILE_CRS", 192, "TILE_K", 256)),
          Map.of(
              "VECTORS", List.of(2, 3),
              "TILE_CRS", List.of(64, 128, 192, 256),
              "TILE_K", List.of(64, 128, 256)));

  CpuLanes {
    candidates = Map.copyOf(candidates);
  }

  boolean overPixels() {
    return defaults.values().containsKey("VECTORS");
  }

  /** Returns the pixels of one work-item. */
  long pixels(Tuning tuning) {
    return overPixels()
        ? 16L * tuning.get("VECTORS")
        : (long) tuning.get("THREAD_NPQ") * tuning.get("PANELS");
  }
}
