package dev.conv4j;

/**
 * An argument is wrong. The message is one sentence: which argument, what it was, what was
 * expected.
 */
public final class InvalidArgumentException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /** The name of the offending argument. */
  private final String argument;

  /** Its value, as text. */
  private final String value;

  /** What would have been right. */
  private final String expectation;

  /**
   * @param argument the name of the offending argument
   * @param value what was passed
   * @param expectation what would have been right, a phrase that completes "expected ..."
   */
  public InvalidArgumentException(String argument, Object value, String expectation) {
    super(argument + " is " + value + "; expected " + expectation);
    this.argument = argument;
    this.value = String.valueOf(value);
    this.expectation = expectation;
  }

  /** Returns the name of the offending argument. */
  public String argument() {
    return argument;
  }

  /** Returns what was passed, as text. */
  public String value() {
    return value;
  }

  /** Returns the phrase that says what would have been right. */
  public String expectation() {
    return expectation;
  }
}
