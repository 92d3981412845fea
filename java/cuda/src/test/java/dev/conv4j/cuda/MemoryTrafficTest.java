package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.cuda.Emulator.Traffic;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What accesses would cost a GPU, on problems of whole tiles: passes over the banks of shared
 * memory for each that is needed, and sectors of global memory for each that is.
 */
class MemoryTrafficTest {

  @TempDir static Path cache;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  @ParameterizedTest
  @CsvSource({
    // Passes for shared loads, stores and copies, then sectors for global loads, stores, copies.
    "implicit-gemm, 128x128, n1c32i16x16k128f3x3p1, NHWC, F32, FORWARD, 1.05 1.9 1.0 1.0 1.0 1.0",
    "implicit-gemm, 128x128, n1c32i16x16k128f3x3p1, NCHW, F32, FORWARD, 1.02 3.6 1.0 1.0 1.0 1.2",
    "implicit-gemm, 64x64, n1c32i16x16k128f1x1, NCHW, F32, FORWARD, 1.02 3.5 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f1x1, NHWC, F16, FORWARD, 1.0 2.1 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x256, n1c64i16x16k128f1x1, NHWC, F16, FORWARD, 1.0 2.1 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f3x3p1, NCHW, F16, FORWARD, 1.05 2.4 1.0 1.9 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f1x1, NHWC, F32, FORWARD, 1.0 2.1 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f1x1, NCHW, F32, FORWARD, 1.15 2.1 1.0 1.0 1.0 1.0",
    "winograd, -, n1c32i16x16k64f3x3p1, NCHW, F32, FORWARD, 1.05 3.7 1.0 3.9 1.0 1.0",
    "winograd, -, n1c32i16x16k64f3x3p1, NHWC, F32, FORWARD, 1.1 1.9 1.0 1.0 1.0 1.0",
    "depthwise, -, n1c64i16x16k64f3x3p1g64, NHWC, F32, FORWARD, 1.0 1.0 1.0 2.1 1.0 1.0",
    "depthwise, -, n1c64i32x32k64f3x3p1g64, NCHW, F32, FORWARD, 1.0 1.0 1.0 4.7 1.0 1.0",
    "few-channel, -, n1c3i64x64k32f7x7s2p3, NCHW, F32, FORWARD, 1.0 1.0 1.0 3.2 1.0 1.0",
    "direct, -, n1c8i32x32k32f3x3p1, NCHW, F32, FORWARD, 1.15 1.0 1.0 1.0 1.0 3.0",
    "implicit-gemm, 128x128, n1c32i16x16k128f3x3p1, NHWC, F32, BACKWARD_DATA, 1.05 1.8 1.0 1.0 1.0 1.0",
    "implicit-gemm, 128x128, n1c32i16x16k128f3x3p1, NHWC, F32, BACKWARD_FILTER, 1.05 3.7 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k64f3x3p1, NHWC, F16, BACKWARD_DATA, 1.05 2.3 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f3x3p1, NHWC, F16, BACKWARD_FILTER, 1.05 2.2 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f3x3p1, NHWC, F32, BACKWARD_FILTER, 1.05 2.0 1.0 1.0 1.0 1.0",
    "tensor-gemm, 128x128, n1c64i16x16k128f1x1, NCHW, F16, FORWARD, 1.2 2.3 1.0 1.0 1.0 1.0",
    "channels-last-gemm, -, n1c64i16x16k128f3x3p1, NCHW, F16, FORWARD, 1.05 1.55 1.0 1.5 1.0 1.0",
    "channels-last-gemm, -, n1c64i7x7k128f3x3p1, NCHW, F16, FORWARD, 1.05 1.2 1.0 1.5 1.06 1.0",
    "channels-last-gemm, -, n1c64i16x16k128f3x3p1, NCHW, F32, FORWARD, 1.05 1.25 1.0 1.0 1.0 1.0",
  })
  void accessesCostLittleMoreThanTheyMust(
      String family,
      String shape,
      String spelling,
      Layout layout,
      DType type,
      Direction direction,
      String most) {
    CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache));
    CudaAlgorithm algorithm =
        switch (family) {
          case "implicit-gemm" -> ImplicitGemmAlgorithm.only(device.kernels(), shape, false);
          case "channels-last-gemm" -> new ChannelsLastGemmAlgorithm(device.kernels());
          case "tensor-gemm" -> TensorGemmAlgorithm.only(device.kernels(), shape, false);
          case "depthwise" -> new DepthwiseAlgorithm(device.kernels());
          case "few-channel" -> new FewChannelAlgorithm(device.kernels());
          case "winograd" -> WinogradAlgorithm.fourByThree(device.kernels());
          default -> new DirectAlgorithm(device.kernels());
        };
    ConvOptions options =
        ConvOptions.builder()
            .direction(direction)
            .type(type)
            .layout(layout)
            .filterLayout(layout)
            .mathMode(
                type == DType.F32 && family.endsWith("-gemm") && !family.startsWith("implicit")
                    ? MathMode.TF32
                    : MathMode.STRICT)
            .build();
    Recipe recipe =
        new Recipe(
            "traffic",
            options,
            List.of(new Recipe.Orders(layout, layout)),
            List.of(DataKind.INTEGER),
            false);
    Convolution problem = Convolution.parse(spelling);
    try (Emulator.With only = new Emulator.With(device, List.of(algorithm))) {
      Executable<ConvOperands> executable = algorithm.compile(new ConvProblem(problem, options));
      Tally tally = new Tally();
      Emulator.count(true);
      new Campaign(only, tally, 64).run(problem, recipe, 1);
      Map<String, Traffic> traffic = Emulator.count(false);
      assertEquals(0, tally.failures(), tally::firstFailures);
      double[] ratios = Stream.of(most.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
      List<Traffic> kinds = List.copyOf(traffic.values());
      String what = executable.facts().get("kernel") + " " + traffic;
      System.out.printf("%s %s %s: %s%n", spelling, layout, type, what);
      for (int kind = 0; kind < kinds.size(); kind++) {
        assertTrue(kinds.get(kind).ratio() <= ratios[kind], what);
      }
      assertTrue(kinds.stream().mapToLong(Traffic::requests).sum() > 100, what);
    }
  }
}
