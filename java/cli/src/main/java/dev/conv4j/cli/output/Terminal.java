package dev.conv4j.cli.output;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a command writes: results to {@code out}, progress and warnings to {@code err}.
 *
 * @param out results
 * @param err everything else
 * @param interactive whether a person watches {@code err}, so that a progress bar helps
 * @param styled whether {@code out} shows bold and colours
 * @param unicode whether both show characters beyond ASCII
 */
public record Terminal(
    PrintWriter out, PrintWriter err, boolean interactive, boolean styled, boolean unicode) {

  private static final String ESCAPE = "\u001b[";

  /** Returns the streams of this process; NO_COLOR and TERM=dumb are respected. */
  public static Terminal system() {
    Charset charset = System.out.charset();
    boolean dumb = "dumb".equals(System.getenv("TERM"));
    return new Terminal(
        new PrintWriter(System.out, true, charset),
        new PrintWriter(System.err, true, System.err.charset()),
        isTerminal(2) && !dumb,
        isTerminal(1) && !dumb && System.getenv("NO_COLOR") == null,
        charset.newEncoder().canEncode('\u2588'));
  }

  /** The JDK only knows of both streams together; Linux tells of each. */
  private static boolean isTerminal(int descriptor) {
    Path link = Path.of("/proc/self/fd/" + descriptor);
    if (Files.isSymbolicLink(link)) {
      try {
        String target = Files.readSymbolicLink(link).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException unreadable) {
        return false;
      }
    }
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  /** Returns the text in bold where that shows. */
  public String bold(String text) {
    return style("1", text);
  }

  /** Returns the text in red where that shows. */
  public String red(String text) {
    return style("31", text);
  }

  private String style(String code, String text) {
    return styled ? ESCAPE + code + "m" + text + ESCAPE + "0m" : text;
  }

  /** Returns the sign for "plus or minus". */
  public String plusMinus() {
    return unicode ? "±" : "+-";
  }

  /** Prints one line that begins with the program's name to {@code err}. */
  public void warn(String sentence) {
    err.println("conv4j: warning: " + sentence.strip().replaceAll("\\s*\\R\\s*", " "));
    err.flush();
  }
}
