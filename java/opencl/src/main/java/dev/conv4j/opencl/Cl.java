package dev.conv4j.opencl;

import dev.conv4j.DeviceFailureException;
import org.jocl.CL;

/**
 * Return codes. JOCL can throw by itself, but that switch is global to the process and not ours to
 * turn.
 */
final class Cl {

  private Cl() {}

  /**
   * Returns when a call succeeded.
   *
   * @param rc its return code
   * @param device which device, for the message
   * @param operation what was attempted, as a noun
   * @throws DeviceFailureException if it did not
   */
  static void check(int rc, String device, String operation) {
    if (rc != CL.CL_SUCCESS) {
      throw new DeviceFailureException(device + ": " + operation + " fails with " + name(rc));
    }
  }

  /** Returns the driver's own word for a code. */
  static String name(int rc) {
    return CL.stringFor_errorCode(rc);
  }

  /** Returns whether a code says that memory is short. */
  static boolean isOutOfMemory(int rc) {
    return rc == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
        || rc == CL.CL_OUT_OF_RESOURCES
        || rc == CL.CL_OUT_OF_HOST_MEMORY;
  }
}
