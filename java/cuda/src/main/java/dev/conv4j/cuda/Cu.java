package dev.conv4j.cuda;

import dev.conv4j.DeviceFailureException;
import jcuda.driver.CUresult;

/** The driver's result codes. */
final class Cu {

  private Cu() {}

  /**
   * Does nothing on success.
   *
   * @param rc what the driver returned
   * @param device the device's id, for the message
   * @param operation what was tried, for the message
   * @throws DeviceFailureException naming the driver's error
   */
  static void check(int rc, String device, String operation) {
    if (rc != CUresult.CUDA_SUCCESS) {
      throw new DeviceFailureException(device + ": " + operation + " failed: " + name(rc));
    }
  }

  /** Returns the driver's word for an error. */
  static String name(int rc) {
    return CUresult.stringFor(rc) + " (" + rc + ")";
  }
}
