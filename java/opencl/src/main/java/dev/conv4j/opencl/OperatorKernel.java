package dev.conv4j.opencl;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.OperatorParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * One kernel for a family of operators, in a file named after it.
 *
 * @param stem the file and its entry
 * @param grid makes the launch grid
 * @param <P> the problem
 */
record OperatorKernel<P extends OperatorProblem>(
    KernelContext context, String stem, Function<OperatorProblem, Grid> grid)
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
    if (!OperatorParams.fits(problem)) {
      return new Verdict.No(Aspect.SHAPE, OperatorParams.LIMIT);
    }
    Refusal quarantine = context.certifier().quarantine(context.programs().hash(variant()));
    return quarantine != null
        ? new Verdict.No(quarantine)
        : new Verdict.Yes(0, problem.resultElements() * 1e-10);
  }

  private KernelVariant variant() {
    // The epilogue's functions are written for any type; here all are f32, which has code 0.
    Map<String, String> macros = new TreeMap<>();
    for (String macro : new String[] {"X_TYPE", "W_TYPE", "Y_TYPE", "LAYOUT", "DIRECTION"}) {
      macros.put(macro, "0");
    }
    return KernelVariant.of(stem, macros, Tuning.NONE);
  }

  @Override
  public Executable<OperatorOperands> compile(P problem) {
    String hash = context.programs().hash(variant());
    context.certifier().certify(id(), hash, problem, this::ready);
    return ready(problem);
  }

  private Executable<OperatorOperands> ready(OperatorProblem problem) {
    CompiledKernel kernel = context.programs().kernel(variant(), stem);
    return new Ready(kernel, grid.apply(problem), OperatorParams.bytes(problem));
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
