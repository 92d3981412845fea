package dev.conv4j;

/** A device was asked for by name and this machine does not have it, or cannot use it. */
public final class DeviceAbsentException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /** The device as the caller spelled it. */
  private final String device;

  /** One line: why it is absent. */
  private final String reason;

  /**
   * @param device the device as the caller spelled it, for example {@code cuda:0}
   * @param reason one line saying why it is absent
   */
  public DeviceAbsentException(String device, String reason) {
    super("device " + device + " is absent: " + reason);
    this.device = device;
    this.reason = reason;
  }

  /** Returns the device as the caller spelled it. */
  public String device() {
    return device;
  }

  /** Returns the one-line reason why it is absent. */
  public String reason() {
    return reason;
  }
}
