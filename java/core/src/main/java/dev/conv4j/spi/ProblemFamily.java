package dev.conv4j.spi;

/**
 * A kind of problem a device may have algorithms for. A new operator family is a constant, a
 * problem record and an operand record; planner, pool and plans stay as they are.
 *
 * @param <P> the problem: immutable, with value equality
 * @param <O> the operands of one run
 */
// The parameters are what a list of algorithms is typed by; the object itself is only a key.
@SuppressWarnings("UnusedTypeParameter")
public final class ProblemFamily<P, O> {

  /** Convolution, all three directions. */
  public static final ProblemFamily<ConvProblem, ConvOperands> CONVOLUTION =
      new ProblemFamily<>("convolution");

  private final String name;

  /**
   * @param name one word for messages
   */
  public ProblemFamily(String name) {
    this.name = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
