package dev.conv4j.cli;

import dev.conv4j.cli.output.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** The program. */
@Command(
    name = "conv4j",
    description = "Convolutions on whatever this machine has: CUDA, OpenCL or the CPU.",
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  ok",
      "  1  a check failed",
      "  2  bad usage or input",
      "  3  a device that was asked for is absent",
      "",
      "Environment:",
      "  CONV4J_DEVICE  the device where no --device is given, such as cpu or opencl:1",
      "  CONV4J_DEBUG   set: errors come with a stack trace",
      "  NO_COLOR       set: no colours",
      "",
      "'conv4j COMMAND --help' explains a command, with examples."
    })
public final class Main implements Runnable {

  private final Terminal terminal;

  private Main(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(Terminal.system(), args));
  }

  /** Runs a command and returns its exit code. */
  static int run(Terminal terminal, String... args) {
    try {
      return commandLine(terminal).execute(args);
    } catch (Error fatal) {
      return Exit.explain(fatal, terminal);
    }
  }

  private static CommandLine commandLine(Terminal terminal) {
    return new CommandLine(new Main(terminal))
        .addSubcommand(new DevicesCommand(terminal))
        .addSubcommand(new FilterCommand(terminal))
        .addSubcommand(new BenchCommand(terminal))
        .addSubcommand(new VerifyCommand(terminal))
        .addSubcommand(new RunCommand(terminal))
        .addSubcommand(new TuneCommand(terminal))
        .setOut(terminal.out())
        .setErr(terminal.err())
        .setColorScheme(CommandLine.Help.defaultColorScheme(terminal.styled() ? Ansi.ON : Ansi.OFF))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((usage, args) -> Exit.explain(usage, terminal))
        .setExecutionExceptionHandler((thrown, line, parsed) -> Exit.explain(thrown, terminal));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        commandLine(terminal), "a command is missing: devices, filter, bench, verify, run or tune");
  }
}
