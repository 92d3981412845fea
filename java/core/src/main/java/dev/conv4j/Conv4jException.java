package dev.conv4j;

/**
 * Root of every exception this library throws on purpose. The hierarchy is sealed, so a {@code
 * switch} over it can be exhaustive; all are unchecked. Whatever is thrown, no operand was
 * half-written on a failed argument check.
 */
public abstract sealed class Conv4jException extends RuntimeException
    permits ClosedException,
        DeviceAbsentException,
        DeviceFailureException,
        DeviceOutOfMemoryException,
        InvalidArgumentException,
        UnsupportedProblemException {

  private static final long serialVersionUID = 1L;

  Conv4jException(String message) {
    super(message);
  }

  Conv4jException(String message, Throwable cause) {
    super(message, cause);
  }
}
