package dev.conv4j.cpu.code;

import java.util.ArrayList;
import java.util.List;

/**
 * Arithmetic on a line of a few vectors, lane by lane, step by step: what becomes of them. Written
 * down once, and read by all that emit loops over lines. Values are numbers of steps.
 */
public final class LineFormula {

  /** The most vectors of a line, before and after. */
  public static final int LONGEST = 6;

  /** What a step computes. */
  public enum Operation {
    /** The next vector of the line. */
    INPUT,
    /** A number for all lanes. */
    CONSTANT,
    /** x + y. */
    SUM,
    /** x - y. */
    DIFFERENCE,
    /** x · y. */
    PRODUCT,
    /** x · y + z, rounded once. */
    PRODUCT_AND_SUM,
    /** The greater one, x where they are equal, NaN where one is. */
    MAXIMUM
  }

  /**
   * A step.
   *
   * @param operation what it computes
   * @param operands the steps whose values it takes
   * @param constant the number of a {@link Operation#CONSTANT}
   */
  public record Step(Operation operation, List<Integer> operands, float constant) {}

  private final List<Step> steps = new ArrayList<>();
  private final List<Integer> results = new ArrayList<>();

  private int step(Operation operation, float constant, Integer... operands) {
    steps.add(new Step(operation, List.of(operands), constant));
    return steps.size() - 1;
  }

  /** The next vector of the line. */
  public int input() {
    return step(Operation.INPUT, 0);
  }

  /** A number for all lanes; the same step for the same number. */
  public int constant(float value) {
    for (int i = 0; i < steps.size(); i++) {
      Step known = steps.get(i);
      if (known.operation == Operation.CONSTANT && Float.compare(known.constant, value) == 0) {
        return i;
      }
    }
    return step(Operation.CONSTANT, value);
  }

  /** {@code x + y}. */
  public int sum(int x, int y) {
    return step(Operation.SUM, 0, x, y);
  }

  /** {@code x - y}. */
  public int difference(int x, int y) {
    return step(Operation.DIFFERENCE, 0, x, y);
  }

  /** {@code x · y}. */
  public int product(int x, int y) {
    return step(Operation.PRODUCT, 0, x, y);
  }

  /** {@code x · y + z}, rounded once. */
  public int productAndSum(int x, int y, int z) {
    return step(Operation.PRODUCT_AND_SUM, 0, x, y, z);
  }

  /** The greater one, {@code x} where they are equal, NaN where one is. */
  public int maximum(int x, int y) {
    return step(Operation.MAXIMUM, 0, x, y);
  }

  /** A value becomes the next vector of the resulting line. */
  public void result(int value) {
    results.add(value);
  }

  /** Returns the steps, each behind those whose values it takes. */
  public List<Step> steps() {
    return steps;
  }

  /** Returns the vectors of a line. */
  public int inputs() {
    return (int) steps.stream().filter(step -> step.operation == Operation.INPUT).count();
  }

  /** Returns the steps whose values are the resulting line. */
  public List<Integer> results() {
    return results;
  }
}
