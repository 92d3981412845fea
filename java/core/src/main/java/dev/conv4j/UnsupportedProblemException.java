package dev.conv4j;

/**
 * No algorithm the caller allows can run this problem: the forced algorithm refused, or only the
 * reference remains under {@link FallbackPolicy#FAIL}. Running out of memory is never reported this
 * way.
 */
public final class UnsupportedProblemException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /** Every candidate and why it was refused. */
  private final transient PlanExplanation explanation;

  /**
   * @param message one sentence that names the problem and the rule that excluded the last
   *     candidate
   * @param explanation every candidate with its reason
   */
  public UnsupportedProblemException(String message, PlanExplanation explanation) {
    super(message);
    this.explanation = explanation;
  }

  /** Returns every candidate and why it was refused. */
  public PlanExplanation explanation() {
    return explanation;
  }
}
