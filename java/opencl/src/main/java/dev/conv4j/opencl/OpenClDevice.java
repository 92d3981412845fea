package dev.conv4j.opencl;

import dev.conv4j.DType;
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
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/** An opened OpenCL device. */
final class OpenClDevice implements Device {

  private final CommandQueue queue;
  private final MemoryResource memory;
  private final KernelContext context;
  private final OperatorKernels operators;

  OpenClDevice(DeviceDescription description) {
    this(description, KernelSource.packed(), CacheDirectory.open());
  }

  OpenClDevice(DeviceDescription description, KernelSource source, CacheDirectory cache) {
    this(description, source, cache, UnaryOperator.identity());
  }

  /**
   * @param instrument lays something over the raw memory that certification sees too
   */
  OpenClDevice(
      DeviceDescription description,
      KernelSource source,
      CacheDirectory cache,
      UnaryOperator<MemoryResource> instrument) {
    this.queue = new CommandQueue(description);
    this.memory = instrument.apply(new OpenClMemory(queue));
    this.context =
        new KernelContext(
            queue,
            new Programs(queue, source, cache),
            new Certifier(description.info(), memory, cache),
            new TuningStore(description.info(), cache));
    this.operators = new OperatorKernels(context);
  }

  @Override
  public DeviceInfo info() {
    return queue.device().info();
  }

  @Override
  public MemoryResource memory() {
    return memory;
  }

  @Override
  @SuppressWarnings("unchecked") // The family fixes both parameters.
  public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
    return family == ProblemFamily.CONVOLUTION
        ? (List<Algorithm<P, O>>) (List<?>) ConvAlgorithms.of(context)
        : (List<Algorithm<P, O>>) (List<?>) operators.of(family);
  }

  @Override
  public Block wrap(MemorySegment outside) {
    throw new InvalidArgumentException(
        "memory", outside, "a copy: an OpenCL device cannot use host memory in place");
  }

  @Override
  public void synchronize() {
    queue.finish();
  }

  @Override
  public OptionalDouble measurePeakFlops(DType type) {
    return type == DType.F32
        ? OptionalDouble.of(PeakRate.measure(context, memory))
        : OptionalDouble.empty();
  }

  @Override
  public void close() {
    context.close();
    queue.close();
  }
}
