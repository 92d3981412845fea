package dev.conv4j.cuda;

import dev.conv4j.ConvOptions;
import dev.conv4j.Layout;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.KernelParams;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A problem's parameter block and the way its operands are laid before a kernel: x, w, bias,
 * residual, y, workspace, quant. What a problem does not have is passed as null.
 */
final class KernelRun {

  /** The size of a parameter block: the shared one, and what OpenCL has as macros. */
  static final int BYTES = KernelParams.BYTES + 16;

  private final LaunchArguments arguments;
  private final @Nullable CudaBlock quant;

  KernelRun(Kernels kernels, KernelParams block, int split) {
    ConvProblem problem = block.problem();
    ConvOptions options = problem.options();
    this.arguments = new LaunchArguments(withTypes(block.bytes(split), types(options), options));
    this.quant = options.inputType().isInteger() ? kernels.quantization(problem) : null;
  }

  /** Returns the run of some images of the batch. */
  static KernelRun ofImages(KernelParams block, long first, long images) {
    byte[] bytes = block.bytes(Math.toIntExact(images));
    KernelParams.setFirst(bytes, Math.toIntExact(first));
    ConvOptions options = block.problem().options();
    return new KernelRun(withTypes(bytes, types(options), options), null);
  }

  KernelRun(byte[] params, @Nullable CudaBlock quant) {
    this.arguments = new LaunchArguments(params);
    this.quant = quant;
  }

  /** Returns the operands' types as kernels read them: four bits each for x, w and y. */
  static int types(ConvOptions options) {
    return KernelParams.code(CudaAlgorithm.firstType(options))
        | KernelParams.code(CudaAlgorithm.secondType(options)) << 4
        | KernelParams.code(options.resultType()) << 8;
  }

  /** Returns a block of {@link KernelParams} with types, direction and layout behind it. */
  static byte[] withTypes(byte[] params, int types, ConvOptions options) {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .put(params)
        .putInt(types)
        .putInt(
            switch (options.direction()) {
              case FORWARD -> 0;
              case BACKWARD_DATA -> 1;
              case BACKWARD_FILTER -> 2;
            })
        .putInt(options.layout() == Layout.NHWC ? 1 : 0)
        .array();
  }

  /** Enqueues a kernel on the operands of a run. */
  void launch(CudaKernel kernel, Grid grid, ConvOperands operands) {
    launch(kernel, grid, operands, operands.first(), operands.second());
  }

  /** Enqueues a kernel whose x and w are other blocks than the run's first and second operand. */
  void launch(CudaKernel kernel, Grid grid, ConvOperands operands, Block x, Block w) {
    arguments.launch(
        kernel,
        grid,
        x,
        w,
        operands.bias(),
        operands.residual(),
        operands.result(),
        operands.workspace(),
        quant);
  }
}
