package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.Tuning;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How many blocks each of ResNet-50's layers gives a large device, by arithmetic alone: nothing
 * runs. The table is in the test's output.
 */
class OccupancyTest {

  /** An H200 as its driver describes it. */
  private static final int UNITS = 132;

  private static final List<String> LAYERS =
      List.of(
          "c3i224x224k64f7x7s2p3",
          "c64i56x56k64f1x1",
          "c64i56x56k64f3x3p1",
          "c256i56x56k64f1x1",
          "c128i56x56k128f3x3s2p1",
          "c128i28x28k512f1x1",
          "c512i28x28k128f1x1",
          "c128i28x28k128f3x3p1",
          "c256i28x28k256f3x3s2p1",
          "c256i14x14k1024f1x1",
          "c1024i14x14k256f1x1",
          "c256i14x14k256f3x3p1",
          "c512i14x14k512f3x3s2p1",
          "c512i7x7k2048f1x1",
          "c2048i7x7k512f1x1",
          "c512i7x7k512f3x3p1");

  @TempDir static Path cache;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  private static CudaDevice device() {
    Gpu gpu = Gpus.all().getFirst();
    DeviceInfo info = new DeviceInfo("cuda", 0, "H200", "CUDA 13.0", 1L << 37, UNITS, Map.of());
    Gpu large = new Gpu(gpu.handle(), info, 90, 1_980_000, 4.8e12, 227 << 10);
    return new CudaDevice(large, KernelLibrary.packed(), CacheDirectory.at(cache));
  }

  @ParameterizedTest
  @CsvSource({
    // The least blocks for each multiprocessor; one picture must share its ways with a batch.
    "32, F32, STRICT, NCHW, FORWARD, 0.7",
    "32, F32, STRICT, NCHW, BACKWARD_DATA, 0.7",
    "32, F32, STRICT, NCHW, BACKWARD_FILTER, 0.7",
    "32, F32, TF32, NHWC, BACKWARD_FILTER, 0.7",
    "32, F16, STRICT, NHWC, FORWARD, 0.7",
    "32, F16, STRICT, NHWC, BACKWARD_DATA, 0.7",
    "32, F16, STRICT, NHWC, BACKWARD_FILTER, 0.7",
    "32, F16, STRICT, NCHW, FORWARD, 0.7",
    "1, F32, STRICT, NCHW, FORWARD, 0.2",
    "1, F16, STRICT, NHWC, FORWARD, 0.1",
  })
  void everyLayerFillsTheDevice(
      int batch, DType type, MathMode mode, Layout layout, Direction direction, double least) {
    ConvOptions options =
        ConvOptions.builder()
            .direction(direction)
            .type(type)
            .mathMode(mode)
            .layout(layout)
            .filterLayout(layout)
            .fallback(FallbackPolicy.ALLOW)
            .build();
    try (CudaDevice device = device()) {
      for (String layer : LAYERS) {
        Convolution problem = Convolution.parse("n" + batch + layer);
        CudaAlgorithm chosen = chosen(device, new ConvProblem(problem, options));
        double waves = waves(chosen, new ConvProblem(problem, options));
        assertTrue(
            Double.isNaN(waves) || waves >= least,
            () -> problem + " " + options + " has " + waves + " blocks for each multiprocessor");
      }
      device.memory().close();
    }
  }

  /** The planner's choice, without compiling anything. */
  private static CudaAlgorithm chosen(CudaDevice device, ConvProblem problem) {
    List<Algorithm<ConvProblem, ConvOperands>> fast =
        device.algorithms(ProblemFamily.CONVOLUTION).stream()
            .filter(one -> !one.isReference() && one.check(problem) instanceof Verdict.Yes)
            .toList();
    return (CudaAlgorithm)
        fast.stream().min(Comparator.comparingDouble(one -> rank(one, problem))).orElseThrow();
  }

  private static double rank(Algorithm<ConvProblem, ConvOperands> one, ConvProblem problem) {
    if (problem.options().direction() == Direction.BACKWARD_FILTER) {
      return seconds(one, problem);
    }
    double product = 1;
    for (long batch : one.rankingBatches()) {
      ConvProblem other =
          new ConvProblem(problem.convolution().withBatch(batch), problem.options());
      product *= seconds(one, other);
    }
    return product;
  }

  private static double seconds(Algorithm<ConvProblem, ConvOperands> one, ConvProblem problem) {
    return one.check(problem) instanceof Verdict.Yes yes
        ? yes.predictedSeconds()
        : Double.POSITIVE_INFINITY;
  }

  /** Blocks of the products for each multiprocessor, or NaN for what is no product. */
  private static double waves(CudaAlgorithm algorithm, ConvProblem problem) {
    Tuning tuning = algorithm.space(problem).defaults();
    double waves = Double.NaN;
    long blocks = 0;
    int parts = tuning.values().getOrDefault("SPLIT", 1);
    boolean whole =
        algorithm instanceof GemmAlgorithm || algorithm instanceof ChannelsLastGemmAlgorithm;
    if (whole) {
      ConvProblem flat = GemmView.flat(problem);
      for (GemmView view : GemmView.of(flat)) {
        long tiles =
            Grid.ceil(view.rows(), tuning.get("TILE_K"))
                * Grid.ceil(view.column().count(), tuning.get("TILE_NPQ"))
                * view.groups();
        blocks = Math.max(blocks, tiles * parts);
      }
      waves = (double) blocks / UNITS;
    }
    double seconds = seconds(algorithm, problem);
    System.out.printf(
        Locale.ROOT,
        "%-32s %-15s %s %s %-22s %-40s %3d parts %6d blocks %6.2f waves %8.1f us %6.1f TFLOP/s%n",
        problem.convolution(),
        problem.options().direction(),
        problem.options().inputType(),
        problem.options().layout(),
        algorithm.id(),
        tuning,
        parts,
        blocks,
        waves,
        1e6 * seconds,
        1e-12 * problem.convolution().flops() / seconds);
    return waves;
  }
}
