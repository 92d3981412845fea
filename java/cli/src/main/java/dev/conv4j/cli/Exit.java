package dev.conv4j.cli;

import dev.conv4j.Conv4jException;
import dev.conv4j.DeviceAbsentException;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cli.output.Terminal;
import picocli.CommandLine.ParameterException;

/** Exit codes, and the one line that comes with each but the first. */
final class Exit {

  static final int OK = 0;

  /** A check failed, or the machine did. */
  static final int FAILED = 1;

  /** Bad usage or input. */
  static final int USAGE = 2;

  /** A device that was asked for is absent. */
  static final int ABSENT = 3;

  private Exit() {}

  /** Says on one line what went wrong and returns the exit code. */
  static int explain(Throwable thrown, Terminal terminal) {
    terminal.err().println("conv4j: " + sentence(thrown).strip().replaceAll("\\s*\\R\\s*", " "));
    if (System.getenv("CONV4J_DEBUG") != null) {
      thrown.printStackTrace(terminal.err());
    }
    terminal.err().flush();
    return code(thrown);
  }

  private static int code(Throwable thrown) {
    return switch (thrown) {
      case DeviceAbsentException absent -> ABSENT;
      case InvalidArgumentException invalid -> USAGE;
      case UnsupportedProblemException unsupported -> USAGE;
      case ParameterException usage -> USAGE;
      default -> FAILED;
    };
  }

  private static String sentence(Throwable thrown) {
    return switch (thrown) {
      case Conv4jException known -> String.valueOf(known.getMessage());
      case ParameterException usage ->
          usage.getMessage()
              + "; see '"
              + usage.getCommandLine().getCommandSpec().qualifiedName()
              + " --help'";
      case OutOfMemoryError full ->
          "the Java heap is too small for this; give more with JAVA_TOOL_OPTIONS=-Xmx...";
      default -> "internal error: " + thrown + " (CONV4J_DEBUG=1 shows where)";
    };
  }
}
