package dev.conv4j.testkit;

/** Text for failures. */
final class Failures {

  private Failures() {}

  /** Returns the first places of a stack trace, on lines of their own. */
  static String where(Throwable thrown) {
    StringBuilder out = new StringBuilder();
    StackTraceElement[] trace = thrown.getStackTrace();
    for (int i = 0; i < Math.min(6, trace.length); i++) {
      out.append("\n      at ").append(trace[i]);
    }
    return out.toString();
  }
}
