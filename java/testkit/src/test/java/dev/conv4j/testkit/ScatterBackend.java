package dev.conv4j.testkit;

import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.DeviceSettings;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** A backend small enough to be obviously right, and able to be wrong on demand. */
public final class ScatterBackend implements BackendProvider {

  private static final DeviceInfo INFO =
      new DeviceInfo("scatter", 0, "plain Java", "none", 0, 1, Map.of());

  private final Fault fault;

  /** A backend without fault, as ServiceLoader makes it. */
  public ScatterBackend() {
    this(Fault.NONE);
  }

  ScatterBackend(Fault fault) {
    this.fault = fault;
  }

  @Override
  public String name() {
    return "scatter";
  }

  @Override
  public int priority() {
    return -1;
  }

  @Override
  public Availability probe() {
    return new Availability.Present(List.of(INFO), "");
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    return new ScatterDevice();
  }

  private final class ScatterDevice implements Device {
    private final MemoryResource memory = new HostMemory();
    private final List<ScatterAlgorithm> algorithms =
        List.of(new ScatterAlgorithm(false, fault), new ScatterAlgorithm(true, Fault.NONE));

    @Override
    public DeviceInfo info() {
      return INFO;
    }

    @Override
    public MemoryResource memory() {
      return memory;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
      return family.equals(ProblemFamily.CONVOLUTION)
          ? (List<Algorithm<P, O>>) (List<?>) algorithms
          : List.of();
    }

    @Override
    public Block wrap(MemorySegment segment) {
      return new HostMemory.HostBlock(segment);
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
  }
}
