package dev.conv4j.cli.check;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Holds a forward result too large for a full comparison to the exact sums at a few hundred
 * positions spread over it, and looks at every element for one that was never written. Made once
 * from the operands, which are not kept.
 */
public final class SampledCheck {

  /** What the result must hold before the run: a value no sum can have. */
  public static final double POISON_FLOAT = Double.NaN;

  /** As {@link #POISON_FLOAT}, for integers. */
  public static final double POISON_INTEGER = Integer.MIN_VALUE;

  private static final int POSITIONS = 512;
  private static final int FEWEST_POSITIONS = 64;
  private static final long PRODUCTS = 4_000_000;
  private static final long SEED = 0x5eed;

  private final Convolution problem;
  private final DType type;
  private final long[] positions;
  private final DirectSum.Sum[] exact;

  /**
   * Computes the exact sums.
   *
   * @param problem the convolution
   * @param x input in logical order
   * @param xType its type
   * @param w filter in logical order
   * @param wType its type
   * @param yType the result's type
   */
  public SampledCheck(
      Convolution problem,
      MemorySegment x,
      DType xType,
      MemorySegment w,
      DType wType,
      DType yType) {
    this.problem = problem;
    this.type = yType;
    this.positions = positions(problem);
    this.exact = new DirectSum.Sum[positions.length];
    DirectSum oracle = new DirectSum(problem, false);
    for (int i = 0; i < positions.length; i++) {
      exact[i] = oracle.forwardAt(positions[i], at -> xType.load(x, at), at -> wType.load(w, at));
    }
  }

  /** All of a small result; else both its ends and random places in equal parts of it. */
  private static long[] positions(Convolution problem) {
    long elements = problem.outputShape().elements();
    long affordable = Math.clamp(PRODUCTS / problem.taps(), FEWEST_POSITIONS, POSITIONS);
    if (elements <= affordable) {
      return java.util.stream.LongStream.range(0, elements).toArray();
    }
    SplittableRandom random = new SplittableRandom(SEED);
    long[] chosen = new long[(int) affordable];
    for (int i = 0; i < chosen.length; i++) {
      long from = Math.floorDiv(elements * i, (long) chosen.length);
      long to = Math.floorDiv(elements * (i + 1), (long) chosen.length);
      chosen[i] = random.nextLong(from, Math.max(from + 1, to));
    }
    chosen[0] = 0;
    chosen[chosen.length - 1] = elements - 1;
    return chosen;
  }

  /** Returns the value to fill a result with before the run. */
  public static double poison(DType type) {
    return type.isInteger() ? POISON_INTEGER : POISON_FLOAT;
  }

  /** Returns the size of the result. */
  public long bytes() {
    return problem.outputShape().bytes(type);
  }

  /**
   * Checks a result.
   *
   * @param y the result in logical order
   * @param factor the error factor its algorithm declares
   */
  public Verdict check(MemorySegment y, double factor) {
    long elements = problem.outputShape().elements();
    for (long i = 0; i < elements; i++) {
      double value = type.load(y, i);
      if (Double.isNaN(value) || (type.isInteger() && value == POISON_INTEGER)) {
        return Verdict.failed("element " + i + " was not written, or is not a number", Double.NaN);
      }
    }
    long terms = new DirectSum(problem, false).terms(Direction.FORWARD);
    ErrorBound bound = new ErrorBound(terms, factor, type);
    double worst = 0;
    for (int i = 0; i < positions.length; i++) {
      double value = type.load(y, positions[i]);
      double error = Math.abs(value - exact[i].value());
      if (!(error <= bound.of(exact[i]))) {
        return Verdict.failed(
            String.format(
                Locale.ROOT,
                "element %d is %s; the exact sum is %s and the error may be %.3g",
                positions[i],
                value,
                exact[i].value(),
                bound.of(exact[i])),
            error);
      }
      worst = Math.max(worst, error);
    }
    return Verdict.passed(worst);
  }
}
