package dev.conv4j.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.conv4j.cli.output.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * A command as it was run: its exit code and what it printed.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
record CommandLineRun(int code, String out, String err) {

  static CommandLineRun of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal =
        new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), false, false, true);
    int code = Main.run(terminal, args);
    return new CommandLineRun(code, out.toString(), err.toString());
  }

  /** Runs a line of words without blanks in them. */
  static CommandLineRun ofLine(String line) {
    return of(line.split(" "));
  }

  String lastLine() {
    return out.lines().reduce("", (before, line) -> line);
  }

  Map<String, Object> json() {
    return parse(out);
  }

  static Map<String, Object> parse(String text) {
    try {
      return JSON.std.mapFrom(text);
    } catch (IOException malformed) {
      throw new UncheckedIOException(malformed);
    }
  }
}
