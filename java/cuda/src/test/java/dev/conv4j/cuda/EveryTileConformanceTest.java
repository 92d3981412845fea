package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every tile by itself, whole and split, whatever the model would choose for a size. */
class EveryTileConformanceTest {

  /**
   * Sizes beyond a tile and no multiple of one; channels in whole vectors and not; the turn gives
   * types.
   */
  private static final List<Convolution> PROBLEMS =
      Stream.of(
              "n2c8i5x7k20f3x3p1",
              "n1c16i6x7k140f3x3p1",
              "n1c32i5x5k24f1x1",
              "n1c16i7x9k6f3x3s2p1g2",
              "n1c8i3x5x4k12f2x3x3p1")
          .map(Convolution::parse)
          .toList();

  @TempDir Path cache;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  @Test
  void everyTileAgreesWithTheOracle() {
    CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache));
    List<Algorithm<ConvProblem, ConvOperands>> tiles = new ArrayList<>();
    for (boolean splits : new boolean[] {false, true}) {
      for (String shape : List.of("128x128", "64x64", "32x128")) {
        tiles.add(ImplicitGemmAlgorithm.only(device.kernels(), shape, splits));
      }
      for (String shape : List.of("128x128", "64x64")) {
        tiles.add(TensorGemmAlgorithm.only(device.kernels(), shape, splits));
      }
    }
    Tally tally = new Tally();
    try (Emulator.With all = new Emulator.With(device, tiles)) {
      new Campaign(all, tally, 64).run(PROBLEMS, 11);
    }
    System.out.println("every tile: " + tally.summary());
    for (Algorithm<ConvProblem, ConvOperands> tile : tiles) {
      assertTrue(tally.validations(tile.id()) > 20, () -> tile.id() + " ran too little");
      tally
          .groups(tile.id())
          .forEach((group, cell) -> assertEquals(List.of(), cell.failures(), tile.id() + group));
    }
  }
}
