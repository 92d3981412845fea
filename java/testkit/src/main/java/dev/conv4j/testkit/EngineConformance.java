package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Accuracy;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * What the API promises whatever the backend: a subclass names the provider, which ServiceLoader
 * must find as well. Results of each algorithm are {@link BackendConformance}'s matter; here it is
 * planning, memory and threads around them.
 */
public abstract class EngineConformance extends EngineFixture {

  /** Opens nothing yet. */
  protected EngineConformance() {}

  private static ConvOptions plain(Direction direction, Layout layout) {
    return ConvOptions.builder().direction(direction).layout(layout).build();
  }

  @Test
  void theProviderIsFoundByServiceLoader() {
    assertEquals(provider().name(), engine().device().backend());
    assertTrue(
        Engine.devices().stream().anyMatch(report -> report.backend().equals(provider().name())));
  }

  @Test
  void plansAgreeWithTheOracleInEveryDirectionAndLayout() {
    for (Convolution problem : PROBLEMS) {
      for (Direction direction : Direction.values()) {
        for (DataKind kind : DataKind.values()) {
          TestCase test = EngineRun.test(problem, direction, kind);
          for (Layout layout : Layout.values()) {
            ConvPlan plan = engine().plan(problem, plain(direction, layout));
            assertNull(
                test.difference(runs().run(plan, test), Layout.NCHW, factor(plan)),
                () -> problem + " " + plan.options() + " " + plan.algorithm());
          }
        }
      }
    }
  }

  @Test
  void aPackedFilterGivesTheSameBits() {
    for (Convolution problem : PROBLEMS) {
      for (Direction direction : new Direction[] {Direction.FORWARD, Direction.BACKWARD_DATA}) {
        TestCase test = EngineRun.test(problem, direction, DataKind.FLOAT);
        ConvPlan plan = engine().plan(problem, plain(direction, Layout.NCHW));
        assertNull(
            EngineRun.difference(runs().run(plan, test), runs().runPacked(plan, test)),
            () -> problem + " " + plan.algorithm());
      }
    }
  }

  @Test
  void theOneCallFormIsThePlan() {
    for (String spelling :
        List.of("n2c4i13x11k6f3x3s2p1d2g2", "n2c4i33k6f5s2p1d2g2", "n1c4i7x8x6k6f3x3x3s2p1g2")) {
      Convolution c = Convolution.parse(spelling);
      TestCase test = EngineRun.test(c, Direction.FORWARD, DataKind.FLOAT);
      MemorySegment planned = runs().run(test, ConvOptions.DEFAULT);
      long s = c.stride().w();
      long p = c.padBegin().w();
      long d = c.dilation().w();
      try (Tensor x = runs().first(test, ConvOptions.DEFAULT);
          Tensor w = runs().second(test, ConvOptions.DEFAULT);
          Tensor y =
              switch (c.rank()) {
                case 1 -> engine().conv1d(x, w, null, s, p, d, c.groups());
                case 2 -> engine().conv2d(x, w, null, s, p, d, c.groups());
                default -> engine().conv3d(x, w, null, s, p, d, c.groups());
              }) {
        assertEquals(c.outputShape(), y.shape());
        assertNull(EngineRun.difference(planned, EngineRun.download(y)), spelling);
      }
    }
  }

  @Test
  void equalProblemsShareAPlanAndOtherOptionsDoNot() {
    Convolution problem = PROBLEMS.getFirst();
    ConvPlan plan = engine().plan(problem);
    assertSame(plan, engine().plan(Convolution.parse(problem.toString()), ConvOptions.DEFAULT));
    assertNotSame(plan, engine().plan(problem.withBatch(1)));
    assertNotSame(plan, engine().plan(problem, plain(Direction.FORWARD, Layout.NHWC)));
    ConvOptions strict = ConvOptions.builder().accuracy(Accuracy.STRICT).build();
    assertNotSame(plan, engine().plan(problem, strict));
  }

  @Test
  void convertAndReshapeKeepElementsInLogicalOrder() {
    float[] values = new float[2 * 3 * 4 * 5];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 60;
    }
    try (Tensor rowMajor = engine().tensor(Shape.of(2, 3, 4, 5), values)) {
      for (DType type : DType.values()) {
        for (Layout layout : Layout.values()) {
          if (type != DType.U8) {
            try (Tensor other = rowMajor.convert(type, layout);
                Tensor back = other.convert(DType.F32, Layout.NCHW)) {
              assertArrayEquals(values, back.toFloatArray(), type + " " + layout);
              assertArrayEquals(values, other.toFloatArray(), type + " " + layout);
            }
          }
        }
      }
      try (Tensor flat = rowMajor.reshape(Shape.of(6, 20))) {
        assertArrayEquals(values, flat.toFloatArray());
      }
    }
  }

  @Test
  void partsAreTheElementsTheyBeginWith() {
    float[] values = new float[2000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 1000;
    }
    Tensor whole = engine().tensor(Shape.of(values.length), values);
    try (Tensor part = whole.part(4096, Shape.of(900), DType.F32, Layout.NCHW)) {
      if (runsOnDeviceMemory(whole)) {
        assertThrows(
            InvalidArgumentException.class,
            () -> whole.part(4, Shape.of(8), DType.F32, Layout.NCHW));
      }
      whole.close();
      assertArrayEquals(Arrays.copyOfRange(values, 1024, 1924), part.toFloatArray());
    }
  }

  /** Returns whether the host cannot address a tensor. */
  private static boolean runsOnDeviceMemory(Tensor tensor) {
    try {
      tensor.segment();
      return false;
    } catch (InvalidArgumentException elsewhere) {
      return true;
    }
  }

  @Test
  void aRowHasTheSameBitsAloneAndInABatch() {
    for (Convolution problem : PROBLEMS) {
      for (Layout layout : Layout.values()) {
        TestCase batch = EngineRun.test(problem.withBatch(5), Direction.FORWARD, DataKind.FLOAT);
        ConvOptions options = plain(Direction.FORWARD, layout);
        MemorySegment all = runs().run(batch, options);
        MemorySegment row = runs().run(batch.row(3), options);
        MemorySegment inBatch = all.asSlice(3 * row.byteSize(), row.byteSize());
        assertNull(EngineRun.difference(inBatch, row), () -> problem + " " + layout);
      }
    }
  }

  @Test
  void theNumberOfThreadsDoesNotChangeABit() {
    try (Engine one = Engine.open(options().withThreads(1));
        Engine three = Engine.open(options().withThreads(3))) {
      for (Convolution problem : PROBLEMS) {
        for (Direction direction : Direction.values()) {
          TestCase test = EngineRun.test(problem, direction, DataKind.FLOAT);
          for (String algorithm : algorithms(problem, plain(direction, Layout.NCHW))) {
            ConvOptions forced =
                ConvOptions.builder().direction(direction).algorithm(algorithm).build();
            MemorySegment expected = new EngineRun(one).run(test, forced);
            assertNull(
                EngineRun.difference(expected, new EngineRun(three).run(test, forced)),
                () -> problem + " " + direction + " " + algorithm);
          }
        }
      }
    }
  }

  private List<String> algorithms(Convolution problem, ConvOptions options) {
    return engine().plan(problem, options).explain().candidates().stream()
        .filter(candidate -> candidate.predictedSeconds().isPresent())
        .map(PlanExplanation.Candidate::algorithm)
        .toList();
  }

  @Test
  void anAlgorithmCanBeForcedAndSaysSo() {
    for (Convolution problem : PROBLEMS) {
      TestCase test = EngineRun.test(problem, Direction.FORWARD, DataKind.INTEGER);
      for (String id : algorithms(problem, ConvOptions.DEFAULT)) {
        ConvPlan plan = engine().plan(problem, ConvOptions.builder().algorithm(id).build());
        assertEquals(id, plan.algorithm());
        assertNull(
            test.difference(runs().run(plan, test), Layout.NCHW, factor(plan)),
            () -> problem + " " + id);
      }
    }
  }

  /** The promise of no silent downgrade, where it matters most. */
  @Test
  void thePlannerTakesAFastAlgorithmForEveryPlainForwardProblem() {
    List<String> slow = new ArrayList<>();
    for (Convolution problem : Problems.corpus()) {
      for (Layout layout : Layout.values()) {
        ConvOptions plain =
            ConvOptions.builder().layout(layout).fallback(FallbackPolicy.ALLOW).build();
        boolean excused =
            problem.border() != Border.ZEROS || mayFallBack(new ConvProblem(problem, plain));
        if (!excused && engine().plan(problem, plain).explain().reference()) {
          slow.add(layout + " " + problem);
        }
      }
    }
    assertTrue(slow.isEmpty(), () -> "planned with the reference: " + slow);
  }

  @Test
  void failRefusesWhatOnlyTheReferenceTakes() {
    ConvOptions allow =
        ConvOptions.builder().type(DType.F64).fallback(FallbackPolicy.ALLOW).build();
    ConvOptions failing = allow.toBuilder().fallback(FallbackPolicy.FAIL).build();
    for (Convolution problem : Problems.small()) {
      if (engine().plan(problem, allow).explain().reference()) {
        UnsupportedProblemException refused =
            assertThrows(UnsupportedProblemException.class, () -> engine().plan(problem, failing));
        assertFalse(refused.explanation().candidates().isEmpty());
      } else {
        assertFalse(engine().plan(problem, failing).explain().reference());
      }
    }
  }

  /** The three products of plans, taken as the planner likes: {@code <y,dy> = <x,dx> = <w,dw>}. */
  @Test
  void gradientsOfPlansAreAdjoint() {
    for (Convolution problem : Problems.small()) {
      TestCase forward = EngineRun.test(problem, Direction.FORWARD, DataKind.INTEGER);
      ConvOptions allow = ConvOptions.builder().fallback(FallbackPolicy.ALLOW).build();
      try (Tensor x = runs().first(forward, allow);
          Tensor w = runs().second(forward, allow);
          Tensor dy = engine().tensor(problem.outputShape(), pattern(problem.outputShape()));
          Tensor y = plan(problem, allow, Direction.FORWARD).run(x, w);
          Tensor dx = plan(problem, allow, Direction.BACKWARD_DATA).run(dy, w);
          Tensor dw = plan(problem, allow, Direction.BACKWARD_FILTER).run(x, dy)) {
        long expected = product(y, dy);
        assertEquals(expected, product(x, dx), () -> "dx of " + problem);
        assertEquals(expected, product(w, dw), () -> "dw of " + problem);
      }
    }
  }

  private ConvPlan plan(Convolution problem, ConvOptions options, Direction direction) {
    return engine().plan(problem, options.toBuilder().direction(direction).build());
  }

  private static float[] pattern(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 7 % 11 - 5;
    }
    return values;
  }

  private static long product(Tensor a, Tensor b) {
    double[] left = a.toDoubleArray();
    double[] right = b.toDoubleArray();
    long sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += Math.round(left[i]) * Math.round(right[i]);
    }
    return sum;
  }

  @Test
  void platformAndVirtualThreadsShareAnEngine() throws InterruptedException {
    List<TestCase> tests = new ArrayList<>();
    List<MemorySegment> expected = new ArrayList<>();
    for (Convolution problem : PROBLEMS) {
      TestCase test = EngineRun.test(problem, Direction.FORWARD, DataKind.FLOAT);
      tests.add(test);
      expected.add(runs().run(test, ConvOptions.DEFAULT));
    }
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int own = i;
      Runnable work = () -> hammer(own, start, tests, expected, wrong);
      threads.add(i % 2 == 0 ? Thread.ofPlatform().start(work) : Thread.ofVirtual().start(work));
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(wrong.isEmpty(), wrong::toString);
  }

  private void hammer(
      int own,
      CountDownLatch start,
      List<TestCase> tests,
      List<MemorySegment> expected,
      ConcurrentLinkedQueue<String> wrong) {
    try {
      start.await();
      for (int i = 0; i < 3 * tests.size(); i++) {
        int which = (i + own) % tests.size();
        MemorySegment result = runs().run(tests.get(which), ConvOptions.DEFAULT);
        String difference = EngineRun.difference(expected.get(which), result);
        if (difference != null) {
          wrong.add(tests.get(which).problem().convolution() + ": " + difference);
        }
      }
    } catch (RuntimeException | Error | InterruptedException failed) {
      wrong.add(failed + Failures.where(failed));
    }
  }
}
