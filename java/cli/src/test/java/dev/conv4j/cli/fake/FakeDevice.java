package dev.conv4j.cli.fake;

import dev.conv4j.DType;
import dev.conv4j.cli.fake.FakeAlgorithm.Flaw;
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

/** The device of {@link FakeBackend}. */
final class FakeDevice implements Device {

  private final FakeMemory memory = new FakeMemory();

  @Override
  public DeviceInfo info() {
    return FakeBackend.INFO;
  }

  @Override
  public MemoryResource memory() {
    return memory;
  }

  @Override
  @SuppressWarnings("unchecked") // The family fixes both parameters.
  public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
    List<Algorithm<ConvProblem, ConvOperands>> all =
        List.of(
            new FakeAlgorithm("plain", true, Flaw.NONE, false),
            new FakeAlgorithm("wrong", true, Flaw.OFF_BY_ONE, false),
            new FakeAlgorithm("lazy", true, Flaw.UNWRITTEN, false),
            new FakeAlgorithm("sloppy", true, Flaw.INEXACT, false),
            new FakeAlgorithm("reference", false, Flaw.NONE, true));
    return family.equals(ProblemFamily.CONVOLUTION)
        ? (List<Algorithm<P, O>>) (List<?>) all
        : List.of();
  }

  @Override
  public OptionalDouble measurePeakFlops(DType type) {
    return type == DType.F32 ? OptionalDouble.of(2e9) : OptionalDouble.empty();
  }

  @Override
  public Block wrap(MemorySegment segment) {
    return new FakeMemory.FakeBlock(segment);
  }

  @Override
  public void synchronize() {}

  @Override
  public void close() {
    memory.close();
  }
}
