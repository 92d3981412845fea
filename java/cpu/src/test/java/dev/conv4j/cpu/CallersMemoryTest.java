package dev.conv4j.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The library's own memory, which lives as long as a run, is read by address; a caller's may be
 * freed meanwhile and is checked at each access. The results are the same, to the bit.
 */
@Tag("width")
class CallersMemoryTest {

  private static final Epilogue BIAS_RESIDUAL_RELU = new Epilogue(true, true, Activation.RELU);

  private final Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));

  @AfterEach
  void close() {
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n2c9i5x5k64f1x1",
        "n1c40i6x7k128f1x1",
        "n1c16i7x7k150f1x1",
        "n1c8i3x3k70f1x1",
        "n1c8i6x6k64f3x3p1",
        "n1c5i13x13k64f1x1",
        "n1c8i12x12k96f1x1g2"
      })
  void whoseMemoryItIsChangesNothing(String spelling) {
    Convolution problem = Convolution.parse(spelling);
    for (Epilogue epilogue :
        new Epilogue[] {Epilogue.NONE, Epilogue.BIAS_RELU, BIAS_RESIDUAL_RELU}) {
      ConvOptions options = ConvOptions.builder().layout(Layout.NHWC).epilogue(epilogue).build();
      ConvPlan plan = engine.plan(problem, options);
      float[] own = run(plan, UnaryOperator.identity());
      try (Arena shared = Arena.ofShared()) {
        assertArrayEquals(own, run(plan, tensor -> wrapped(tensor, shared)), spelling + epilogue);
      }
      float[] collected = run(plan, tensor -> wrapped(tensor, Arena.ofAuto()));
      assertArrayEquals(own, collected, spelling + epilogue);
      float[] parts = run(plan, this::part);
      assertArrayEquals(own, parts, spelling + epilogue);
    }
  }

  /** Runs on tensors that are put elsewhere before. */
  private float[] run(ConvPlan plan, UnaryOperator<Tensor> place) {
    Convolution c = plan.convolution();
    Random random = new Random(3);
    Epilogue epilogue = plan.options().epilogue();
    try (Tensor x = place.apply(randoms(c.inputShape(), random));
        Tensor w = randoms(c.filterShape(), random);
        Tensor bias = place.apply(engine.tensor(Shape.of(c.filters()), bias(c, random)));
        Tensor residual = place.apply(randoms(c.outputShape(), random));
        Tensor y = place.apply(randoms(c.outputShape(), random))) {
      plan.run(x, w, epilogue.bias() ? bias : null, epilogue.residual() ? residual : null, y);
      return y.toFloatArray();
    }
  }

  private static float[] bias(Convolution c, Random random) {
    float[] values = new float[Math.toIntExact(c.filters())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private Tensor randoms(Shape shape, Random random) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return engine.tensor(shape, DType.F32, Layout.NHWC).copyFrom(values);
  }

  private Tensor wrapped(Tensor tensor, Arena arena) {
    try (tensor) {
      MemorySegment memory = arena.allocate(tensor.bytes(), Float.BYTES);
      MemorySegment.copy(tensor.segment(), 0, memory, 0, tensor.bytes());
      return engine.wrap(memory, tensor.shape(), DType.F32, tensor.layout());
    }
  }

  /** The same elements, four bytes within a larger tensor that is closed at once. */
  private Tensor part(Tensor tensor) {
    Shape bytes = Shape.of(tensor.bytes() + 2 * Float.BYTES);
    try (tensor;
        Tensor whole = engine.tensor(bytes, DType.I8)) {
      Tensor part = whole.part(Float.BYTES, tensor.shape(), DType.F32, tensor.layout());
      MemorySegment.copy(tensor.segment(), 0, part.segment(), 0, tensor.bytes());
      return part;
    }
  }

  @Test
  void memoryFreedDuringRunsIsAnException() throws InterruptedException {
    ConvPlan plan =
        engine.plan(
            Convolution.parse("n1c64i28x28k128f1x1"),
            ConvOptions.builder().layout(Layout.NHWC).build());
    for (int attempt = 0; attempt < 20; attempt++) {
      Arena arena = Arena.ofShared();
      try (Tensor x = wrapped(randoms(plan.convolution().inputShape(), new Random(1)), arena);
          Tensor w = randoms(plan.convolution().filterShape(), new Random(2));
          Tensor y = plan.newResult()) {
        Thread closer = Thread.ofPlatform().start(() -> closeSoon(arena));
        assertThrows(
            IllegalStateException.class,
            () -> {
              while (true) {
                plan.run(x, w, null, null, y);
              }
            });
        // The JVM interrupts a thread that it stops within an access.
        Thread.interrupted();
        closer.join();
      }
    }
    assertEquals(0, engine.memory().live(), "failed runs keep nothing");
  }

  private static void closeSoon(Arena arena) {
    boolean open = true;
    while (open) {
      try {
        arena.close();
        open = false;
      } catch (IllegalStateException inUse) {
        Thread.onSpinWait();
      }
    }
  }
}
