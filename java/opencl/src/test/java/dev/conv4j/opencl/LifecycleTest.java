package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.memory.MemoryAdaptor;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.kernels.CacheDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads, memory and caches. */
class LifecycleTest {

  private static final Convolution[] PROBLEMS = {
    Convolution.parse("n1c8i12x12k24f3x3p1"),
    Convolution.parse("n2c16i7x7k8f1x1"),
    Convolution.parse("n1c6i9x9k6f3x3p1g6")
  };

  @BeforeAll
  static void needsADevice() {
    TestDevices.assumePresent();
  }

  private static float[] ramp(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 - 3;
    }
    return values;
  }

  private static float[] compute(Engine engine, Convolution v, Layout layout) {
    ConvOptions options = ConvOptions.builder().layout(layout).build();
    ConvPlan plan = engine.plan(v, options);
    try (Tensor x =
            engine.tensor(v.inputShape(), DType.F32, layout).copyFrom(ramp(v.inputShape()));
        Tensor w =
            engine.tensor(v.filterShape(), ramp(v.filterShape())).convert(DType.F32, layout);
        Tensor y = plan.run(x, w)) {
      return y.toFloatArray();
    }
  }

  @Test
  void eightThreadsAndEightVirtualThreadsShareOneEngine() throws Exception {
    try (Engine engine = Engine.open("opencl")) {
      List<float[]> want = new ArrayList<>();
      for (Convolution v : PROBLEMS) {
        want.add(compute(engine, v, Layout.NCHW));
      }
      Callable<Integer> hammer =
          () -> {
            int wrong = 0;
            for (int i = 0; i < 60; i++) {
              int which = (int) ((i + Thread.currentThread().threadId()) % PROBLEMS.length);
              Layout layout = i % 2 == 0 ? Layout.NCHW : Layout.NHWC;
              float[] got = compute(engine, PROBLEMS[which], layout);
              wrong += Arrays.equals(want.get(which), got) ? 0 : 1;
            }
            return wrong;
          };
      try (ExecutorService platform = Executors.newFixedThreadPool(8);
          ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Integer>> results = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          results.add(platform.submit(hammer));
          results.add(virtual.submit(hammer));
        }
        for (Future<Integer> result : results) {
          assertEquals(0, result.get());
        }
      }
    }
  }

  @Test
  void aTensorBeyondTheLargestAllocationIsRefusedWithTheReason() {
    try (Engine engine = Engine.open("opencl")) {
      long most = Platforms.devices().getFirst().maxAllocation();
      InvalidArgumentException refused =
          assertThrows(
              InvalidArgumentException.class,
              () -> engine.tensor(Shape.of(most / 4 + 1000), DType.F32));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("CL_DEVICE_MAX_MEM_ALLOC_SIZE"),
          refused::toString);
    }
  }

  /** Refuses everything from the moment it is told to. */
  private static final class Full extends MemoryAdaptor {
    private final AtomicBoolean full;

    Full(MemoryResource upstream, AtomicBoolean full) {
      super(upstream);
      this.full = full;
    }

    @Override
    public Allocation allocate(long bytes, Object owner) {
      if (full.get()) {
        throw new DeviceOutOfMemoryException(
            "opencl:0",
            new DeviceOutOfMemoryException.Report(bytes, 0, 0, 0, 0, List.of(), List.of()));
      }
      return super.allocate(bytes, owner);
    }
  }

  @Test
  void aRunWithoutRoomForScratchTakesAnAlgorithmThatNeedsNone() {
    AtomicBoolean full = new AtomicBoolean();
    EngineOptions options =
        EngineOptions.DEFAULT
            .withDevice("opencl")
            .withMemoryLimit(4 << 20)
            .withInstrument(raw -> new Full(raw, full));
    Convolution v = Convolution.parse("n1c64i8x8k64f3x3p1");
    try (Engine engine = Engine.open(options)) {
      ConvPlan plan = engine.plan(v, ConvOptions.DEFAULT);
      assertTrue(plan.explain().workspaceBytes() > 0, plan.explain()::toText);
      try (Tensor x = engine.tensor(v.inputShape(), ramp(v.inputShape()));
          Tensor w = engine.tensor(v.filterShape(), ramp(v.filterShape()));
          Tensor y = plan.newResult();
          Tensor z = plan.newResult()) {
        plan.run(x, w, null, null, y);
        engine.trim();
        full.set(true);
        plan.run(x, w, null, null, z);
        assertArrayEquals(y.toFloatArray(), z.toFloatArray());
      }
    }
  }

  @Test
  void damagedProgramBinariesAreBuiltAgain(@TempDir Path folder) throws IOException {
    KernelVariant variant =
        KernelVariant.of(
            "reference",
            java.util.Map.of(
                "X_TYPE", "0", "W_TYPE", "0", "Y_TYPE", "0", "LAYOUT", "NCHW", "DIRECTION", "0"),
            dev.conv4j.spi.kernels.Tuning.NONE);
    byte[] before = build(folder, variant);
    Path file = binary(folder);
    Files.write(file, Arrays.copyOf(before, before.length / 2));
    assertArrayEquals(before, build(folder, variant));
    before[before.length / 2] ^= 1;
    Files.write(file, before);
    build(folder, variant);
    before[before.length / 2] ^= 1;
    assertEquals(before.length, Files.size(file));
  }

  private static byte[] build(Path folder, KernelVariant variant) throws IOException {
    try (CommandQueue queue = new CommandQueue(Platforms.devices().getFirst());
        Programs programs =
            new Programs(queue, KernelSource.packed(), CacheDirectory.at(folder), true)) {
      programs.kernel(variant, "reference");
    }
    return Files.readAllBytes(binary(folder));
  }

  private static Path binary(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("opencl"))) {
      return files.findFirst().orElseThrow();
    }
  }
}
