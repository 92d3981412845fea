package dev.conv4j.cli;

import dev.conv4j.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** A command whose name and place are settled and which this version does not have. */
abstract class LaterCommand implements Callable<Integer> {

  private final Terminal terminal;
  private final String name;

  @Parameters(hidden = true)
  private List<String> ignored = new ArrayList<>();

  private LaterCommand(Terminal terminal, String name) {
    this.terminal = terminal;
    this.name = name;
  }

  @Override
  public Integer call() {
    terminal.err().println("conv4j: '" + name + "' is not available in this version");
    terminal.err().flush();
    return Exit.USAGE;
  }

  /** {@code conv4j run}. */
  @Command(
      name = "run",
      description = "Runs an ONNX network. Not available in this version.",
      mixinStandardHelpOptions = true,
      versionProvider = BuildInfo.Provider.class)
  static final class Run extends LaterCommand {

    Run(Terminal terminal) {
      super(terminal, "run");
    }
  }
}
