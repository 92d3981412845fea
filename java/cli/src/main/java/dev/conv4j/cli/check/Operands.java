package dev.conv4j.cli.check;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Random operands of a case, and the exact result with the error allowed for each of its elements.
 */
public final class Operands {

  /** Small enough that every sum of a small problem is exact in every type. */
  private static final int LARGEST_INTEGER = 3;

  private static final int HALF_PRECISION_INTEGER = 1;

  /** One operand in logical order, as its type can hold it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Operand(Shape shape, DType type, Layout layout, double[] values) {}

  private final Case one;
  private final boolean integers;
  private final Operand first;
  private final Operand second;
  private final @Nullable Operand bias;
  private final @Nullable Operand residual;
  private final DirectSum.Sums sums;
  private final long terms;

  /**
   * @param one what is computed
   * @param integers whether all values are small integers, so that results are exact
   * @param seed of the random values
   */
  public Operands(Case one, boolean integers, long seed) {
    this.one = one;
    this.integers = integers;
    SplittableRandom random = new SplittableRandom(seed);
    ConvOptions options = one.options();
    ConvProblem problem = new ConvProblem(one.problem(), options);
    Direction direction = options.direction();
    boolean gradient = direction == Direction.BACKWARD_DATA;
    boolean filterGradient = direction == Direction.BACKWARD_FILTER;
    first =
        operand(
            random,
            problem.firstShape(),
            gradient ? options.outputType() : options.inputType(),
            options.layout());
    second =
        operand(
            random,
            problem.secondShape(),
            filterGradient ? options.outputType() : options.filterType(),
            filterGradient ? options.layout() : options.filterLayout());
    bias =
        options.epilogue().bias()
            ? operand(random, Shape.of(problem.biasLength()), options.biasType(), Layout.NCHW)
            : null;
    Layout resultLayout = filterGradient ? options.filterLayout() : options.layout();
    residual =
        options.epilogue().residual()
            ? operand(random, problem.resultShape(), options.resultType(), resultLayout)
            : null;
    DirectSum oracle = new DirectSum(one.problem(), options.flipped());
    sums = oracle.all(direction, first.values, second.values);
    terms = oracle.terms(direction);
  }

  private Operand operand(SplittableRandom random, Shape shape, DType type, Layout layout) {
    boolean half = type == DType.F16 || type == DType.BF16;
    int largest = half ? HALF_PRECISION_INTEGER : LARGEST_INTEGER;
    double[] values = new double[Math.toIntExact(shape.elements())];
    MemorySegment slot = MemorySegment.ofArray(new long[1]);
    for (int i = 0; i < values.length; i++) {
      double value =
          integers
              ? random.nextInt(type == DType.U8 ? 0 : -largest, largest + 1)
              : random.nextDouble(-1, 1);
      type.store(slot, 0, value);
      values[i] = type.load(slot, 0);
    }
    return new Operand(shape, type, layout, values);
  }

  Case testCase() {
    return one;
  }

  Operand first() {
    return first;
  }

  Operand second() {
    return second;
  }

  @Nullable Operand bias() {
    return bias;
  }

  @Nullable Operand residual() {
    return residual;
  }

  /**
   * Compares a result.
   *
   * @param result in logical order
   * @param factor the error factor its algorithm declares; integers are exact when it is 1
   */
  Verdict check(double[] result, double factor) {
    DType type = one.options().resultType();
    ErrorBound bound = new ErrorBound(terms + 2, factor, type);
    MemorySegment slot = MemorySegment.ofArray(new long[1]);
    double worst = 0;
    for (int i = 0; i < result.length; i++) {
      DirectSum.Sum exact = exact(i, result.length);
      type.store(slot, 0, exact.value());
      double expected = integers && factor == 1 ? type.load(slot, 0) : exact.value();
      double allowed = integers && factor == 1 ? 0 : bound.of(exact);
      double error = Math.abs(result[i] - expected);
      if (!(error <= allowed)) {
        return Verdict.failed(
            "element " + i + " is " + result[i] + "; expected " + expected + " within " + allowed,
            error);
      }
      worst = Math.max(worst, error);
    }
    return Verdict.passed(worst);
  }

  /** Applies the epilogue; what it adds counts among the terms. */
  private DirectSum.Sum exact(int index, int elements) {
    double value = sums.values()[index];
    double magnitude = sums.magnitudes()[index];
    if (bias != null) {
      int space = elements / Math.toIntExact(one.problem().batch()) / bias.values.length;
      double added = bias.values[index / space % bias.values.length];
      value += added;
      magnitude += Math.abs(added);
    }
    if (residual != null) {
      value += residual.values[index];
      magnitude += Math.abs(residual.values[index]);
    }
    Activation activation = one.options().epilogue().activation();
    // None of the activations here is steeper than 1.5; the function's own rounding is one term.
    return new DirectSum.Sum(
        activation.apply(value),
        activation.kind() == Activation.Kind.HARD_SWISH ? 1.5 * magnitude : magnitude);
  }
}
