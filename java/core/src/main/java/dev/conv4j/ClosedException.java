package dev.conv4j;

/**
 * A tensor, packed filter or engine was used after {@code close()}. Closing twice is not an error.
 */
public final class ClosedException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /**
   * @param what what was closed, for example {@code tensor [1, 3, 8, 8] f32}
   */
  public ClosedException(String what) {
    super(what + " is closed; a closed object can no longer be used");
  }
}
