package dev.conv4j.opencl;

import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.OperatorParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.OperatorOperands;
import java.util.Arrays;
import java.util.Map;

/**
 * Another type or memory order on the device.
 *
 * @param context what the device's algorithms share
 */
record Conversion(KernelContext context) implements Algorithm<ConversionProblem, OperatorOperands> {

  private static final long ITEMS = 64;

  @Override
  public String id() {
    return "convert";
  }

  @Override
  public Verdict check(ConversionProblem problem) {
    boolean doubles = problem.from() == DType.F64 || problem.to() == DType.F64;
    if (doubles && !context.device().hasDoubles()) {
      return new Verdict.No(Aspect.DEVICE, "f64 needs cl_khr_fp64, which it lacks");
    }
    if (problem.to() == DType.BF16
        && (problem.from() == DType.F64 || problem.from() == DType.I32)) {
      return new Verdict.No(Aspect.DTYPE, "bf16 from what f32 holds, or it is rounded twice");
    }
    Refusal quarantine = context.certifier().quarantine(context.programs().hash(variant(problem)));
    return quarantine != null
        ? new Verdict.No(quarantine)
        : new Verdict.Yes(0, problem.shape().elements() * 1e-10);
  }

  private static KernelVariant variant(ConversionProblem problem) {
    String from = KernelContext.code(problem.from());
    Map<String, String> macros =
        Map.of(
            "X_TYPE",
            from,
            "W_TYPE",
            from,
            "Y_TYPE",
            KernelContext.code(problem.to()),
            "LAYOUT",
            "NCHW",
            "DIRECTION",
            "0");
    return KernelVariant.of("convert", macros, Tuning.NONE);
  }

  @Override
  public Executable<OperatorOperands> compile(ConversionProblem problem) {
    String hash = context.programs().hash(variant(problem));
    context.certifier().certify(id(), hash, problem, this::ready);
    return ready(problem);
  }

  private Executable<OperatorOperands> ready(ConversionProblem problem) {
    CompiledKernel kernel = context.programs().kernel(variant(problem), "convert");
    int[] bytes = new int[KernelParams.OFFSETS];
    Arrays.fill(bytes, problem.from().bytes());
    bytes[OperatorKernel.RESULT] = problem.to().bytes();
    return new Ready(
        kernel,
        Grid.items(problem.shape().elements(), ITEMS),
        OperatorParams.bytes(problem),
        bytes);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ready(CompiledKernel kernel, Grid grid, byte[] params, int[] elementBytes)
      implements Executable<OperatorOperands> {
    @Override
    public long workspaceBytes(boolean filterPacked) {
      return 0;
    }

    @Override
    public void run(OperatorOperands operands) {
      OpenClBlock x = (OpenClBlock) operands.inputs().getFirst();
      kernel.launch(
          grid, params.clone(), elementBytes, x, x, x, (OpenClBlock) operands.result(), x, x);
    }
  }
}
