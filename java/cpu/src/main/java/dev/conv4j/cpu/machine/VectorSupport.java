package dev.conv4j.cpu.machine;

import dev.conv4j.InvalidArgumentException;

/**
 * Whether the Vector API may be used. Touches none of its classes, so it can be asked where they
 * are missing.
 */
public final class VectorSupport {

  /** Forces a width in bits, or with 0 plain loops; for tests and comparisons. Read once. */
  public static final String PROPERTY = "conv4j.cpu.vectorBits";

  private static final String MODULE = "jdk.incubator.vector";

  /** Why there are only plain loops, empty when there are vectors. */
  private static final String OBSTACLE =
      obstacle(
          ModuleLayer.boot().findModule(MODULE).isPresent(),
          System.getProperty("java.vm.info", ""),
          System.getProperty(PROPERTY, ""));

  private VectorSupport() {}

  /** Returns whether kernels may use the Vector API. */
  public static boolean isUsable() {
    return OBSTACLE.isEmpty();
  }

  /** Returns the one line a user should read when there are only plain loops, else empty. */
  public static String warning() {
    return OBSTACLE;
  }

  /**
   * The Vector API is fast only where the optimising compiler replaces it by instructions; where it
   * does not, every vector is an object, and plain loops are far better.
   */
  static String obstacle(boolean module, String vmInfo, String forced) {
    if (forced.equals("0")) {
      return "cpu: plain loops instead of the Vector API, as the property " + PROPERTY + "=0 asks";
    }
    if (!module) {
      return "cpu: plain loops, several times slower, because the program was started without"
          + " --add-modules "
          + MODULE;
    }
    if (vmInfo.contains("interpreted") || vmInfo.contains("emulated-client")) {
      return "cpu: plain loops, because this JVM runs without its optimising compiler ("
          + vmInfo
          + ")";
    }
    return "";
  }

  /**
   * Returns the width in bits the property asks for, {@link Integer#MAX_VALUE} when it does not.
   *
   * @throws InvalidArgumentException if it is not a width
   */
  public static int requestedBits() {
    String forced = System.getProperty(PROPERTY, "");
    return switch (forced) {
      case "" -> Integer.MAX_VALUE;
      case "0", "128", "256", "512" -> Integer.parseInt(forced);
      default ->
          throw new InvalidArgumentException(
              "property " + PROPERTY, "'" + forced + "'", "0, 128, 256 or 512");
    };
  }
}
