package dev.conv4j.cuda;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.Certifier;
import dev.conv4j.spi.kernels.TuningStore;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An opened GPU. */
final class CudaDevice implements Device {

  private final CudaContext context;
  private final CudaMemory memory;
  private final Kernels kernels;
  private final OperatorAlgorithms operators;

  CudaDevice(Gpu gpu, KernelLibrary library, CacheDirectory cache) {
    this.context = new CudaContext(gpu);
    this.memory = new CudaMemory(context);
    this.kernels =
        new Kernels(
            context,
            library,
            new Certifier(gpu.info(), memory, cache),
            new TuningStore(gpu.info(), cache));
    this.operators = new OperatorAlgorithms(kernels);
  }

  Kernels kernels() {
    return kernels;
  }

  @Override
  public DeviceInfo info() {
    return context.gpu().info();
  }

  @Override
  public MemoryResource memory() {
    return memory;
  }

  @Override
  @SuppressWarnings("unchecked") // The family fixes both parameters.
  public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
    return family == ProblemFamily.CONVOLUTION
        ? (List<Algorithm<P, O>>) (List<?>) ConvAlgorithms.of(kernels)
        : (List<Algorithm<P, O>>) (List<?>) operators.of(family);
  }

  @Override
  public Block wrap(MemorySegment outside) {
    throw new InvalidArgumentException(
        "memory", outside, "a copy: a CUDA device does not use host memory in place");
  }

  @Override
  public void synchronize() {
    context.synchronize();
  }

  @Override
  public void close() {
    kernels.close();
    context.close();
  }
}
