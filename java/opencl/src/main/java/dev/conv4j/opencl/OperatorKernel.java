package dev.conv4j.opencl;

import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * One kernel for a family of operators, in a file named after it.
 *
 * @param stem the file and its entry
 * @param axes how many axes a problem has, for kernels with lists of them
 * @param params makes the parameter block
 * @param grid makes the launch grid
 * @param <P> the problem
 */
record OperatorKernel<P extends OperatorProblem>(
    KernelContext context,
    String stem,
    ToLongFunction<P> axes,
    Function<P, OperatorParams> params,
    Function<P, Grid> grid)
    implements Algorithm<P, OperatorOperands> {

  /** Work-items of a group: ITEMS in operator.cl. */
  static final long ITEMS = 64;

  /** The result's place among the kernel's buffers. */
  static final int RESULT = 3;

  private static final int[] ELEMENT_BYTES = new int[KernelParams.OFFSETS];

  static {
    Arrays.fill(ELEMENT_BYTES, Float.BYTES);
  }

  @Override
  public String id() {
    return stem.replace('_', '-');
  }

  @Override
  public Verdict check(P problem) {
    return axes.applyAsLong(problem) <= OperatorParams.AXES
        ? new Verdict.Yes(0, problem.resultElements() * 1e-10)
        : new Verdict.No(Aspect.SHAPE, "takes only " + OperatorParams.AXES + " axes");
  }

  @Override
  public Executable<OperatorOperands> compile(P problem) {
    // The epilogue's functions are written for any type; here all are f32, which has code 0.
    Map<String, String> macros = new TreeMap<>();
    for (String macro : new String[] {"X_TYPE", "W_TYPE", "Y_TYPE", "LAYOUT", "DIRECTION"}) {
      macros.put(macro, "0");
    }
    CompiledKernel kernel =
        context.programs().kernel(KernelVariant.of(stem, macros, Tuning.NONE), stem);
    return new Ready(kernel, grid.apply(problem), params.apply(problem).bytes());
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ready(CompiledKernel kernel, Grid grid, byte[] params)
      implements Executable<OperatorOperands> {
    @Override
    public long workspaceBytes(boolean filterPacked) {
      return 0;
    }

    @Override
    public void run(OperatorOperands operands) {
      OpenClBlock[] buffers = new OpenClBlock[KernelParams.OFFSETS];
      Arrays.fill(buffers, (OpenClBlock) operands.result());
      for (int i = 0; i < operands.inputs().size(); i++) {
        buffers[i] = (OpenClBlock) operands.inputs().get(i);
      }
      buffers[RESULT] = (OpenClBlock) operands.result();
      kernel.launch(grid, params.clone(), ELEMENT_BYTES, buffers);
    }
  }
}
