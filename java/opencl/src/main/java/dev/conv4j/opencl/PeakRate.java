package dev.conv4j.opencl;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Epilogue;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import java.util.Map;
import java.util.TreeMap;

/** Measures the rate of f32 multiply-adds a device attains, by its own clock. */
final class PeakRate {

  private static final int CHAINS = 12;
  private static final int ROUNDS = 1 << 13;
  private static final int RUNS = 25;

  private PeakRate() {}

  /** Returns operations per second, the best of a few runs. */
  static double measure(KernelContext context, MemoryResource memory) {
    DeviceDescription device = context.device();
    // Any problem will do for the block: only the activation's two numbers are read.
    ConvProblem problem =
        new ConvProblem(
            Convolution.parse("n1c1i1k1f1"),
            ConvOptions.builder()
                .epilogue(new Epilogue(false, false, Activation.clip(0.5f, 0.75f)))
                .build());
    int lanes = device.cpu() ? 16 : 2;
    int local = device.cpu() ? 1 : 256;
    KernelVariant plain =
        context.variant("peak", problem, Tuning.of(Map.of("CHAINS", CHAINS, "ROUNDS", ROUNDS)));
    Map<String, String> macros = new TreeMap<>(plain.macros());
    macros.put("PEAK_T", "float" + lanes);
    KernelVariant variant = KernelVariant.of("peak", macros, plain.tuning());
    CompiledKernel kernel = context.programs().kernel(variant, "peak");
    KernelRun run =
        new KernelRun(context, KernelParams.gather(problem), KernelRun.filterBytes(problem), 1);
    // Many, so that drivers which deal them out in large pieces keep all units busy to the end.
    long groups = 64L * device.info().computeUnits();
    Grid grid = Grid.groups(groups, 1, 1, local, 1);
    Allocation any = memory.allocate(64, "peak rate");
    try {
      ConvOperands operands =
          new ConvOperands(any.block(), any.block(), false, null, null, any.block(), null);
      double best = Double.MAX_VALUE;
      for (int i = 0; i < RUNS; i++) {
        double seconds = context.queue().seconds(() -> run.launch(kernel, grid, operands));
        best = i == 0 ? best : Math.min(best, seconds);
      }
      return 2.0 * CHAINS * ROUNDS * lanes * local * (double) groups / best;
    } finally {
      memory.deallocate(any);
    }
  }
}
