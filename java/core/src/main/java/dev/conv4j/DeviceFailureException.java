package dev.conv4j;

/**
 * A device or its driver failed at something that should have worked: a launch, a compilation, a
 * copy.
 */
public final class DeviceFailureException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence: the device, the operation, and the driver's own word for the
   *     failure
   */
  public DeviceFailureException(String message) {
    super(message);
  }

  /**
   * @param message one sentence: the device, the operation, and the driver's own word for the
   *     failure
   * @param cause what the driver binding threw
   */
  public DeviceFailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
