package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.internal.Storage;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LifetimeOfHandlesTest {

  private static final Convolution PROBLEM = Convolution.parse("n1c4i8x8k4f3p1");

  private final FakeDevice device = new FakeDevice(1L << 30, 4096);
  private final Engine engine = FakeDevice.engine(device, EngineOptions.DEFAULT);

  private Tensor x() {
    return engine.tensor(PROBLEM.inputShape(), DType.F32);
  }

  private Tensor w() {
    return engine.tensor(PROBLEM.filterShape(), DType.F32);
  }

  @Test
  void closingTwiceIsANoOp() {
    Tensor x = x();
    x.close();
    x.close();
    assertEquals(0, engine.memory().live());
    PackedFilter packed;
    try (Tensor w = w()) {
      packed = engine.plan(PROBLEM).pack(w);
    }
    packed.close();
    packed.close();
    assertEquals(0, engine.memory().live());
    engine.close();
    engine.close();
    assertEquals(1, device.closes.get());
    assertEquals(1, device.memory.closes());
  }

  @Test
  void closedTensorThrowsWhateverIsAskedOfIt() {
    Tensor open = w();
    ConvPlan plan = engine.plan(PROBLEM);
    PackedFilter packed = plan.pack(open);
    packed.close();
    Tensor closed = x();
    closed.close();
    assertTrue(closed.isClosed());
    assertThrows(ClosedException.class, closed::toFloatArray);
    assertThrows(ClosedException.class, closed::segment);
    assertThrows(ClosedException.class, () -> closed.copyFrom(new float[256]));
    assertThrows(ClosedException.class, () -> closed.reshape(Shape.of(256)));
    assertThrows(ClosedException.class, () -> closed.convert(DType.F64, Layout.NCHW));
    assertThrows(ClosedException.class, () -> plan.run(closed, open));
    try (Tensor x = x();
        Tensor y = plan.newResult()) {
      assertThrows(ClosedException.class, () -> plan.run(x, packed, null, null, y));
    }
    open.close();
    assertEquals(0, engine.memory().live(), "a refused use keeps nothing");
  }

  @Test
  void memoryOfAReshapedTensorLivesUntilTheLastHandleIsClosed() {
    Tensor x = engine.tensor(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    Tensor row = x.reshape(Shape.of(6));
    x.close();
    x.close();
    assertThrows(
        ClosedException.class, x::toFloatArray, "its memory lives on, the handle does not");
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, row.toFloatArray());
    assertEquals(1, engine.memory().live());
    row.close();
    assertEquals(0, engine.memory().live());
  }

  @Test
  void memoryOfAPartLivesUntilPartAndWholeAreClosed() {
    Tensor x = engine.tensor(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    Tensor part = x.part(8, Shape.of(1, 1, 3), DType.F32, Layout.NHWC);
    Tensor again = part.part(4, Shape.of(2), DType.F32, Layout.NCHW);
    x.close();
    assertArrayEquals(new float[] {3, 4, 5}, part.toFloatArray());
    part.close();
    assertArrayEquals(new float[] {4, 5}, again.toFloatArray());
    assertEquals(1, engine.memory().live());
    again.close();
    again.close();
    assertEquals(0, engine.memory().live());
    assertThrows(ClosedException.class, () -> part.part(0, Shape.of(1), DType.F32, Layout.NCHW));
  }

  @Test
  void partsLieWithinTheirTensor() {
    try (Tensor x = engine.tensor(Shape.of(6), DType.F32)) {
      for (long at : new long[] {-1, 17, 24, Long.MAX_VALUE, Long.MIN_VALUE}) {
        assertThrows(
            InvalidArgumentException.class,
            () -> x.part(at, Shape.of(2), DType.F32, Layout.NCHW),
            "at " + at);
      }
      assertThrows(
          InvalidArgumentException.class, () -> x.part(0, Shape.of(7), DType.F32, Layout.NCHW));
      x.part(16, Shape.of(2), DType.F32, Layout.NCHW).close();
    }
  }

  @Test
  void memoryGivenBackCannotBeRetained() {
    Storage storage = engine.core().allocate(64, "storage");
    assertTrue(storage.tryRetain());
    storage.release();
    assertEquals(1, engine.memory().live());
    storage.release();
    assertEquals(0, engine.memory().live());
    assertFalse(storage.tryRetain());
  }

  @Test
  void tensorsMayBeClosedAfterTheirEngine() {
    Tensor x = x();
    Tensor w = w();
    ConvPlan plan = engine.plan(PROBLEM);
    engine.close();
    assertEquals(1, device.closes.get());
    assertThrows(ClosedException.class, x::toFloatArray);
    assertThrows(ClosedException.class, () -> plan.run(x, w));
    assertThrows(ClosedException.class, () -> engine.plan(PROBLEM));
    assertThrows(ClosedException.class, this::x);
    assertThrows(ClosedException.class, engine::trim);
    x.close();
    w.close();
    assertEquals(1, device.closes.get());
    assertEquals(1, device.memory.closes());
  }

  @Test
  void wrappedMemoryIsNeverGivenBackToThePool() {
    float[] values = {1, 2, 3};
    Tensor wrapped =
        engine.wrap(MemorySegment.ofArray(values), Shape.of(3), DType.F32, Layout.NCHW);
    assertEquals(0, engine.memory().live());
    wrapped.close();
    assertEquals(0, engine.memory().pooled());
    assertThrows(ClosedException.class, wrapped::toFloatArray);
  }

  private static ExecutorService threads(boolean virtual) {
    return virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newCachedThreadPool();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void memoryClosedDuringARunGoesBackWhenTheRunHasEnded(boolean virtual) throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    device.during =
        () -> {
          running.countDown();
          await(goOn);
        };
    Tensor x = x();
    Tensor w = w();
    Tensor y = engine.plan(PROBLEM).newResult();
    try (ExecutorService threads = threads(virtual)) {
      Future<?> run = threads.submit(() -> engine.plan(PROBLEM).run(x, w, null, null, y));
      running.await();
      x.close();
      w.close();
      assertEquals(4, engine.memory().live(), "x, w, y and the scratch");
      goOn.countDown();
      run.get();
    }
    assertEquals(1, engine.memory().live());
    assertEquals(FakeDevice.FAST, y.toFloatArray()[255]);
    y.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void engineClosedDuringARunIsReleasedWhenTheRunHasEnded(boolean virtual) throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    device.during =
        () -> {
          running.countDown();
          await(goOn);
        };
    Tensor x = x();
    Tensor w = w();
    Tensor y = engine.plan(PROBLEM).newResult();
    try (ExecutorService threads = threads(virtual)) {
      Future<?> run = threads.submit(() -> engine.plan(PROBLEM).run(x, w, null, null, y));
      running.await();
      engine.close();
      assertEquals(0, device.closes.get());
      assertThrows(ClosedException.class, y::toFloatArray);
      assertFalse(run.isDone());
      goOn.countDown();
      run.get();
    }
    assertEquals(1, device.closes.get());
    assertEquals(1, device.memory.closes());
  }

  @Test
  void failedRunKeepsNothing() {
    device.during =
        () -> {
          throw new DeviceFailureException("kernel died");
        };
    try (Tensor x = x();
        Tensor w = w()) {
      ConvPlan plan = engine.plan(PROBLEM);
      assertThrows(DeviceFailureException.class, () -> plan.run(x, w));
      assertEquals(2, engine.memory().live());
      assertThrows(DeviceFailureException.class, () -> plan.pack(w));
      assertEquals(2, engine.memory().live());
    }
    assertEquals(0, engine.memory().live());
    engine.close();
    assertEquals(1, device.closes.get());
  }

  @Test
  void lostDeviceIsReleasedAllTheSame() {
    x();
    device.lost = true;
    assertThrows(DeviceFailureException.class, engine::close);
    assertEquals(1, device.memory.closes());
    assertEquals(1, device.closes.get());
    engine.close();
    assertEquals(1, device.closes.get());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  static void rethrow(Future<?> future) throws Exception {
    try {
      future.get();
    } catch (ExecutionException failed) {
      throw new AssertionError(failed.getCause());
    }
  }
}
