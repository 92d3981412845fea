package dev.conv4j.testkit;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.Layout;
import dev.conv4j.PackedFilter;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Runs a test case through the API, from host memory to host memory, in logical order. */
final class EngineRun {

  private final Engine engine;

  EngineRun(Engine engine) {
    this.engine = engine;
  }

  static TestCase test(Convolution convolution, Direction direction, DataKind kind) {
    ConvOptions options = ConvOptions.builder().direction(direction).build();
    return new TestCase(new ConvProblem(convolution, options), kind, 99);
  }

  /** Plans with the options given and runs on the operands of a case of the same problem. */
  MemorySegment run(TestCase test, ConvOptions options) {
    return run(engine.plan(test.problem().convolution(), options), test);
  }

  MemorySegment run(ConvPlan plan, TestCase test) {
    try (Tensor first = first(test, plan.options());
        Tensor second = second(test, plan.options());
        Tensor result = plan.run(first, second)) {
      return download(result);
    }
  }

  MemorySegment runPacked(ConvPlan plan, TestCase test) {
    try (Tensor first = first(test, plan.options());
        Tensor second = second(test, plan.options());
        PackedFilter packed = plan.pack(second);
        Tensor result = plan.newResult()) {
      plan.run(first, packed, null, null, result);
      return download(result);
    }
  }

  Tensor first(TestCase test, ConvOptions options) {
    DType type =
        options.direction() == Direction.BACKWARD_DATA ? options.outputType() : options.inputType();
    return upload(test.first(Layout.NCHW), test.problem().firstShape(), type, options.layout());
  }

  Tensor second(TestCase test, ConvOptions options) {
    boolean gradient = options.direction() == Direction.BACKWARD_FILTER;
    return upload(
        test.second(Layout.NCHW),
        test.problem().secondShape(),
        gradient ? options.outputType() : options.filterType(),
        gradient ? options.layout() : options.filterLayout());
  }

  private Tensor upload(MemorySegment logical, Shape shape, DType type, Layout layout) {
    Tensor tensor = engine.tensor(shape, type, layout);
    try {
      return tensor.copyFrom(logical, type);
    } catch (RuntimeException | Error failed) {
      tensor.close();
      throw failed;
    }
  }

  static MemorySegment download(Tensor tensor) {
    MemorySegment host = Arena.ofAuto().allocate(tensor.bytes(), 64);
    tensor.copyTo(host, tensor.type());
    return host;
  }

  /** Returns where two results differ, or null. */
  static @Nullable String difference(MemorySegment one, MemorySegment other) {
    long at = one.mismatch(other);
    if (at < 0) {
      return null;
    }
    long element = at / 4;
    return "element "
        + element
        + " is "
        + one.getAtIndex(ValueLayout.JAVA_FLOAT, element)
        + " and "
        + other.getAtIndex(ValueLayout.JAVA_FLOAT, element);
  }
}
