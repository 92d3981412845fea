package dev.conv4j.cuda;

import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.OperatorParams;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.OperatorOperands;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Another type or memory order on the device.
 *
 * @param kernels the device's
 */
record ConversionAlgorithm(Kernels kernels)
    implements Algorithm<ConversionProblem, OperatorOperands> {

  @Override
  public String id() {
    return "convert";
  }

  @Override
  public Verdict check(ConversionProblem problem) {
    Refusal quarantine = kernels.certifier().quarantine(hash(problem));
    double bytes =
        (double) problem.shape().elements() * (problem.from().bytes() + problem.to().bytes());
    return quarantine != null
        ? new Verdict.No(quarantine)
        : new Verdict.Yes(0, bytes / kernels.gpu().reachedBandwidth() + 4e-6);
  }

  /** Values pass through a type that holds those of both. */
  private static String kernel(ConversionProblem problem) {
    return isWide(problem.from()) || isWide(problem.to()) ? "convert-f64" : "convert";
  }

  private static boolean isWide(DType type) {
    return type == DType.F64 || type == DType.I32;
  }

  /** One kernel is many: each pair of types is examined by itself. */
  private String hash(ConversionProblem problem) {
    String hash = kernels.hash(List.of(kernels.variant(kernel(problem))));
    return hash + KernelParams.code(problem.from()) + KernelParams.code(problem.to());
  }

  @Override
  public Executable<OperatorOperands> compile(ConversionProblem problem) {
    kernels.certifier().certify(id(), hash(problem), problem, this::ready);
    return ready(problem);
  }

  private Executable<OperatorOperands> ready(ConversionProblem problem) {
    CudaKernel kernel = kernels.kernel(kernel(problem));
    byte[] common = OperatorParams.bytes(problem);
    ByteBuffer params =
        ByteBuffer.allocate(common.length + 2 * Integer.BYTES).order(ByteOrder.nativeOrder());
    params.put(common);
    params.putInt(KernelParams.code(problem.from())).putInt(KernelParams.code(problem.to()));
    long blocks = Grid.ceil(problem.shape().elements(), kernel.variant().threads());
    return new OperatorAlgorithm.Ready(
        kernel,
        Grid.items(Math.min(blocks, OperatorAlgorithm.enough(kernels.gpu())), 1),
        new LaunchArguments(params.array()));
  }
}
