package dev.conv4j.cli.check;

/**
 * What a comparison with the oracle found.
 *
 * @param status the outcome
 * @param maxError the largest distance from the exact sum, that of the first bad element when
 *     failed, NaN when there is none
 * @param complaint one phrase saying what is wrong, or why nothing ran; empty when passed
 */
public record Verdict(Status status, double maxError, String complaint) {

  /** The outcomes. */
  public enum Status {
    /** Every element looked at is within its bound. */
    PASSED,
    /** One is not, or the run failed. */
    FAILED,
    /** There is nothing to compare: this problem is not taken. */
    SKIPPED
  }

  /** All is well. */
  public static Verdict passed(double maxError) {
    return new Verdict(Status.PASSED, maxError, "");
  }

  /** Something is wrong. */
  public static Verdict failed(String complaint, double maxError) {
    return new Verdict(Status.FAILED, maxError, complaint);
  }

  /** Nothing ran. */
  public static Verdict skipped(String reason) {
    return new Verdict(Status.SKIPPED, Double.NaN, reason);
  }

  /** Returns whether all is well. */
  public boolean passed() {
    return status == Status.PASSED;
  }

  /** Returns the first one that is not well, else the one with the larger error. */
  public Verdict and(Verdict other) {
    if (!passed()) {
      return this;
    }
    return !other.passed() || other.maxError > maxError ? other : this;
  }
}
