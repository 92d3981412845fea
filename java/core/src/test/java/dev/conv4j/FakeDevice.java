package dev.conv4j;

import dev.conv4j.memory.HostMemory;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A device that computes nothing and touches everything: its algorithms read every byte of every
 * operand and fill the result with a number of their own. Memory used after it was freed throws.
 */
final class FakeDevice implements Device {

  static final float FAST = 1;
  static final float LEAN = 2;

  final HostMemory memory;
  final AtomicInteger closes = new AtomicInteger();

  /** Plans made for the algorithm without scratch. */
  final AtomicInteger leanPlans = new AtomicInteger();

  /** Called in the middle of every run. */
  volatile Runnable during = () -> {};

  /** Whether waiting for the device fails. */
  volatile boolean lost;

  private final long scratch;

  FakeDevice(long capacity, long scratch) {
    this.memory = new HostMemory(capacity);
    this.scratch = scratch;
  }

  static Engine engine(FakeDevice device, EngineOptions options) {
    return new Engine(new dev.conv4j.internal.EngineCore(device, options));
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("fake", 0, "fake", "none", 0, 1, Map.of());
  }

  @Override
  public MemoryResource memory() {
    return memory;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
    return family.equals(ProblemFamily.CONVOLUTION)
        ? (List<Algorithm<P, O>>)
            (List<?>) List.of(new Touching("fast", scratch, FAST), new Touching("lean", 0, LEAN))
        : List.of();
  }

  private final class Touching implements Algorithm<ConvProblem, ConvOperands> {
    private final String id;
    private final long workspace;
    private final float mark;

    Touching(String id, long workspace, float mark) {
      this.id = id;
      this.workspace = workspace;
      this.mark = mark;
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public Verdict check(ConvProblem problem) {
      return new Verdict.Yes(workspace, mark);
    }

    @Override
    public Executable<ConvOperands> compile(ConvProblem problem) {
      if (workspace == 0) {
        leanPlans.incrementAndGet();
      }
      return new Executable<>() {
        @Override
        public long workspaceBytes(boolean filterPacked) {
          return workspace;
        }

        @Override
        public long packedFilterBytes() {
          return 64;
        }

        @Override
        public void packFilter(Block filter, Block packed) {
          touch(filter);
          during.run();
          // All but a gap at the end.
          packed.hostMemory().asSlice(0, packedFilterBytes() - 1).fill((byte) 1);
        }

        @Override
        public void run(ConvOperands operands) {
          touch(operands.first());
          touch(operands.second());
          if (workspace > 0) {
            operands.workspace().hostMemory().asSlice(0, workspace).fill((byte) 7);
          }
          during.run();
          touch(operands.first());
          touch(operands.second());
          MemorySegment result = operands.result().hostMemory();
          for (long i = 0; i < problem.resultShape().elements(); i++) {
            result.setAtIndex(ValueLayout.JAVA_FLOAT, i, mark);
          }
        }
      };
    }
  }

  private static void touch(@Nullable Block block) {
    byte sum = 0;
    MemorySegment bytes = block.hostMemory();
    for (long i = 0; i < bytes.byteSize(); i++) {
      sum += bytes.get(ValueLayout.JAVA_BYTE, i);
    }
    if (sum == 0 && bytes.byteSize() == 0) {
      throw new AssertionError("empty operand");
    }
  }

  @Override
  public Block wrap(MemorySegment segment) {
    return new HostMemory.HostBlock(segment);
  }

  @Override
  public void synchronize() {
    if (closes.get() > 0) {
      throw new AssertionError("device used after it was closed");
    }
    if (lost) {
      throw new DeviceFailureException("device lost");
    }
  }

  @Override
  public void close() {
    closes.incrementAndGet();
  }
}
