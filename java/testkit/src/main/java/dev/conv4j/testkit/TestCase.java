package dev.conv4j.testkit;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One problem with its operands and what must come out, whatever the memory order. The same case
 * serves every algorithm and layout. Results with many elements are compared at a random sample of
 * places; that all of them were written is checked everywhere.
 */
public final class TestCase {

  /** Products the oracle may sum for one case. */
  private static final double ORACLE_BUDGET = 2e7;

  private final ConvProblem problem;
  private final DataKind kind;
  private final long seed;
  private final Oracle oracle;
  private final Operands operands;
  private final long[] places;
  private final Oracle.Sum[] sums;

  /**
   * @param problem the problem; layouts, cap and forced algorithm do not matter
   * @param kind what the operands hold
   * @param seed of the operands
   */
  public TestCase(ConvProblem problem, DataKind kind, long seed) {
    this(problem, kind, seed, null);
  }

  /** With operands given, whatever the seed would have drawn. */
  TestCase(ConvProblem problem, DataKind kind, long seed, @Nullable Operands given) {
    this.problem = problem;
    this.kind = kind;
    this.seed = seed;
    ConvOptions options = problem.options();
    this.oracle = new Oracle(problem.convolution(), options.direction(), options.flipped());
    this.operands = given != null ? given : Operands.draw(problem, oracle, kind, seed);
    int filterSize = (int) (Dims.count(oracle.filterDims()) / oracle.filterDims()[0]);
    Operands centred = operands.centred(options.quantization(), filterSize);
    this.places = places();
    this.sums = new Oracle.Sum[places.length];
    for (int i = 0; i < places.length; i++) {
      sums[i] = oracle.at(places[i], centred.first(), centred.second());
    }
  }

  /** Returns the case of one row of the batch alone; the direction is not backward-filter. */
  TestCase row(int row) {
    int rows = oracle.resultDims()[0];
    double[] residual = operands.residual();
    Operands alone =
        new Operands(
            part(operands.first(), row, rows),
            operands.second(),
            operands.bias(),
            residual == null ? null : part(residual, row, rows));
    ConvProblem one = new ConvProblem(problem.convolution().withBatch(1), problem.options());
    return new TestCase(one, kind, seed, alone);
  }

  private static double[] part(double[] values, int row, int rows) {
    int length = values.length / rows;
    return Arrays.copyOfRange(values, row * length, (row + 1) * length);
  }

  private long[] places() {
    long elements = Dims.count(oracle.resultDims());
    long affordable = Math.max(64, (long) (ORACLE_BUDGET / oracle.terms()));
    SplittableRandom random = new SplittableRandom(seed ^ 0x5a5a5a5aL);
    long[] chosen = new long[Math.toIntExact(Math.min(elements, affordable))];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = chosen.length == elements ? i : random.nextLong(elements);
    }
    if (chosen.length < elements) {
      chosen[0] = 0;
      chosen[1] = elements - 1;
    }
    return chosen;
  }

  /** Returns the problem. */
  public ConvProblem problem() {
    return problem;
  }

  /** Returns what the operands hold. */
  public DataKind kind() {
    return kind;
  }

  /** Returns the seed of the operands. */
  public long seed() {
    return seed;
  }

  /** Returns the size of the result in bytes. */
  public long resultBytes() {
    return Dims.count(oracle.resultDims()) * problem.options().resultType().bytes();
  }

  /** Returns the first operand in a memory order. */
  public MemorySegment first(Layout layout) {
    ConvOptions options = problem.options();
    DType type =
        options.direction() == Direction.BACKWARD_DATA ? options.outputType() : options.inputType();
    return Dims.encode(operands.first(), oracle.firstDims(), layout, type);
  }

  /** Returns the second operand in a memory order. */
  public MemorySegment second(Layout layout) {
    ConvOptions options = problem.options();
    DType type =
        options.direction() == Direction.BACKWARD_FILTER
            ? options.outputType()
            : options.filterType();
    return Dims.encode(operands.second(), oracle.secondDims(), layout, type);
  }

  /** Returns the bias, or null. */
  public @Nullable MemorySegment bias() {
    double[] bias = operands.bias();
    return bias == null ? null : Operands.dense(bias, problem.options().biasType());
  }

  /** Returns the residual in a memory order, or null. */
  public @Nullable MemorySegment residual(Layout layout) {
    double[] residual = operands.residual();
    return residual == null
        ? null
        : Dims.encode(residual, oracle.resultDims(), layout, problem.options().resultType());
  }

  /**
   * Compares a result.
   *
   * @param result as it lies in memory
   * @param layout its memory order
   * @param errorFactor what the algorithm declared
   * @return the first difference, or null when there is none
   */
  public @Nullable String difference(MemorySegment result, Layout layout, double errorFactor) {
    DType type = problem.options().resultType();
    int[] dims = oracle.resultDims();
    if (!type.isInteger()) {
      long elements = Dims.count(dims);
      for (long i = 0; i < elements; i++) {
        if (Double.isNaN(type.load(result, i))) {
          return "the element at " + i + " in memory of " + elements + " is NaN or was not written";
        }
      }
    }
    for (int i = 0; i < places.length; i++) {
      double got = type.load(result, Dims.offset(places[i], dims, layout));
      String wrong = wrong(i, got, errorFactor);
      if (wrong != null) {
        return "element " + Dims.describe(places[i], dims) + ": " + wrong;
      }
    }
    return null;
  }

  private @Nullable String wrong(int index, double got, double errorFactor) {
    ConvOptions options = problem.options();
    double bias = bias(places[index]);
    double[] residuals = operands.residual();
    double residual = residuals == null ? 0 : residuals[(int) places[index]];
    double before = sums[index].sum() + bias + residual;
    if (options.resultType() == DType.I8 || options.resultType() == DType.U8) {
      return Requantized.wrong(options, channel(places[index]), before, got);
    }
    Activation activation = options.epilogue().activation();
    double result = activation.apply(before);
    boolean exactSums = options.inputType().isInteger() || kind == DataKind.INTEGER;
    boolean exact = exactSums && errorFactor == 1 && Bound.isExact(activation);
    double allowed =
        exact
            ? 0
            : Bound.allowed(
                options,
                sums[index],
                oracle.terms(),
                Math.abs(bias) + Math.abs(residual),
                before,
                result,
                exactSums && errorFactor == 1 ? 0 : errorFactor);
    double expected = exact ? Operands.stored(options.resultType(), result) : result;
    if (exactSums && Bound.isExact(activation) && options.resultType().bytes() >= 4) {
      // Also a transform with fractions must give a whole number when rounded to the nearest.
      allowed = Math.min(allowed, Math.nextDown(0.5));
    }
    return Math.abs(got - expected) <= allowed
        ? null
        : String.format(
            Locale.ROOT, "expected %.17g, got %.17g, allowed error %.3g", expected, got, allowed);
  }

  private int channel(long element) {
    return Dims.position(element, oracle.resultDims())[1];
  }

  private double bias(long element) {
    double[] bias = operands.bias();
    return bias == null ? 0 : bias[channel(element)];
  }
}
