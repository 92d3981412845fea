package dev.conv4j.cpu;

import dev.conv4j.DType;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.machine.FreeMemory;
import dev.conv4j.cpu.memory.CpuMemory;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.PeakRate;
import dev.conv4j.cpu.operator.CpuOperators;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;

/** The processors of this machine, with threads of their own. Every call is finished on return. */
final class CpuDevice implements Device {

  private final DeviceInfo info;
  private final CpuContext context;
  private final CpuMemory memory;
  private final List<Algorithm<ConvProblem, ConvOperands>> convolutions;
  private final CpuOperators operators;

  CpuDevice(DeviceInfo info, CpuContext context) {
    this.info = info;
    this.context = context;
    this.memory = new CpuMemory(info.id(), FreeMemory::bytes);
    this.convolutions = CpuAlgorithms.convolutions(context);
    this.operators = new CpuOperators(context);
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public MemoryResource memory() {
    return memory;
  }

  @Override
  @SuppressWarnings({"unchecked", "ReferenceEquality"}) // The family is a key, compared as one.
  public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
    List<?> algorithms =
        (ProblemFamily<?, ?>) family == ProblemFamily.CONVOLUTION
            ? convolutions
            : operators.of(family);
    return (List<Algorithm<P, O>>) algorithms;
  }

  @Override
  public Block wrap(MemorySegment segment) {
    return CpuMemory.wrap(segment);
  }

  @Override
  public OptionalDouble measurePeakFlops(DType type) {
    return type == DType.F32
        ? OptionalDouble.of(PeakRate.measure(context.workers(), context.hasVectors()))
        : OptionalDouble.empty();
  }

  @Override
  public void parallel(long items, LongConsumer item) {
    context.workers().run(items, context.workers().threads(), (slot, index) -> item.accept(index));
  }

  @Override
  public void warmUp() {
    WarmUp.once(context);
  }

  @Override
  public boolean needsWarmUp() {
    return context.hasVectors() && !Kernels.best().areMachineCode();
  }

  @Override
  public void synchronize() {
    // Runs have ended when they return.
  }

  @Override
  public void close() {
    context.workers().close();
    memory.close();
  }
}
