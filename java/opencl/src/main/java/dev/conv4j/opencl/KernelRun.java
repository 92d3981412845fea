package dev.conv4j.opencl;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.KernelParams;
import org.jspecify.annotations.Nullable;

/**
 * A problem's parameter block and the way its operands are laid before a kernel: x, w, bias,
 * residual, y, workspace, quant. What a problem does not have is passed as x, so that every
 * argument is a buffer.
 */
final class KernelRun {

  private final byte[] params;
  private final int[] elementBytes;
  private final @Nullable OpenClBlock quant;

  /**
   * @param params the parameter block
   * @param filterBytes size of an element of the second operand as the kernel reads it
   * @param split see {@link KernelParams#bytes}
   */
  KernelRun(KernelContext context, KernelParams params, int filterBytes, int split) {
    ConvProblem problem = params.problem();
    ConvOptions options = problem.options();
    this.params = params.bytes(split);
    DType first = KernelContext.firstType(options);
    int result = options.resultType().bytes();
    this.elementBytes =
        new int[] {
          first.bytes(), filterBytes, options.biasType().bytes(), result, result, sumBytes(options)
        };
    this.quant = first.isInteger() ? context.quantization(problem) : null;
  }

  /** Returns the second operand's own element size. */
  static int filterBytes(ConvProblem problem) {
    return KernelContext.secondType(problem.options()).bytes();
  }

  /** Returns the size of a sum: f64 where a type is f64, else f32 or i32. */
  static int sumBytes(ConvOptions options) {
    boolean doubles =
        options.inputType() == DType.F64
            || options.filterType() == DType.F64
            || options.outputType() == DType.F64;
    return doubles ? Double.BYTES : Float.BYTES;
  }

  /** Enqueues a kernel on the operands of a run. */
  void launch(CompiledKernel kernel, Grid grid, ConvOperands operands) {
    launch(kernel, grid, operands, (OpenClBlock) operands.second());
  }

  /** Enqueues a kernel on the operands of a run, with another second operand. */
  void launch(CompiledKernel kernel, Grid grid, ConvOperands operands, OpenClBlock second) {
    launch(kernel, grid, operands, second, 0);
  }

  /**
   * Enqueues a kernel on the operands of a run.
   *
   * @param second the second operand
   * @param first the first pixel of a partial run
   */
  void launch(
      CompiledKernel kernel, Grid grid, ConvOperands operands, OpenClBlock second, int first) {
    byte[] block = params.clone();
    KernelParams.setFirst(block, first);
    OpenClBlock x = (OpenClBlock) operands.first();
    kernel.launch(
        grid,
        block,
        elementBytes,
        x,
        second,
        orElse(operands.bias(), x),
        orElse(operands.residual(), x),
        (OpenClBlock) operands.result(),
        orElse(operands.workspace(), x),
        quant == null ? x : quant);
  }

  private static OpenClBlock orElse(@Nullable Block block, OpenClBlock other) {
    return block == null ? other : (OpenClBlock) block;
  }
}
