package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.OperatorParams;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.List;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One kernel for a family of operators, in a file named after it.
 *
 * @param id also the name of the kernel's line in the table
 * @param blocks how many blocks of a variant a problem takes; kernels whose blocks step over what a
 *     grid leaves say so by {@code steps}
 * @param steps whether the grid may have fewer blocks
 * @param <P> the problem
 */
record OperatorAlgorithm<P extends OperatorProblem>(
    Kernels kernels,
    String id,
    ToLongBiFunction<OperatorProblem, KernelVariant> blocks,
    boolean steps)
    implements Algorithm<P, OperatorOperands> {

  /** Blocks for each multiprocessor, where blocks step: four times what it holds. */
  private static final long BLOCKS = 32;

  @Override
  public Verdict check(P problem) {
    if (!OperatorParams.fits(problem)) {
      return new Verdict.No(Aspect.SHAPE, OperatorParams.LIMIT);
    }
    KernelVariant variant = kernels.variant(id);
    if (!steps && blocks.applyAsLong(problem, variant) > Integer.MAX_VALUE) {
      return new Verdict.No(Aspect.SHAPE, "takes results of fewer than 2^31 blocks");
    }
    Refusal quarantine = kernels.certifier().quarantine(hash());
    return quarantine != null
        ? new Verdict.No(quarantine)
        : new Verdict.Yes(0, bytes(problem) / kernels.gpu().reachedBandwidth() + 4e-6);
  }

  private static double bytes(OperatorProblem problem) {
    long elements = OperatorParams.written(problem);
    for (long each : problem.inputElements()) {
      elements += each;
    }
    return (double) elements * Float.BYTES;
  }

  private String hash() {
    return kernels.hash(List.of(kernels.variant(id)));
  }

  @Override
  public Executable<OperatorOperands> compile(P problem) {
    kernels.certifier().certify(id, hash(), problem, this::ready);
    return ready(problem);
  }

  private Executable<OperatorOperands> ready(OperatorProblem problem) {
    CudaKernel kernel = kernels.kernel(id);
    long wanted = blocks.applyAsLong(problem, kernel.variant());
    Grid grid = Grid.items(steps ? Math.min(wanted, enough(kernels.gpu())) : wanted, 1);
    return new Ready(kernel, grid, new LaunchArguments(OperatorParams.bytes(problem)));
  }

  /** Returns the blocks that fill a device, where blocks step. */
  static long enough(Gpu gpu) {
    return BLOCKS * gpu.info().computeUnits();
  }

  /** The result follows the inputs a kernel may have, of which there are three. */
  record Ready(CudaKernel kernel, Grid grid, LaunchArguments arguments)
      implements Executable<OperatorOperands> {

    @Override
    public long workspaceBytes(boolean filterPacked) {
      return 0;
    }

    @Override
    public void run(OperatorOperands operands) {
      List<Block> inputs = operands.inputs();
      arguments.launch(
          kernel,
          grid,
          input(inputs, 0),
          input(inputs, 1),
          input(inputs, 2),
          operands.result(),
          null,
          null,
          null);
    }

    private static @Nullable Block input(List<Block> inputs, int index) {
      return index < inputs.size() ? inputs.get(index) : null;
    }
  }
}
