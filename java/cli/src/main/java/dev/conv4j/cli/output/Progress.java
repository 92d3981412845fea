package dev.conv4j.cli.output;

import java.util.Locale;

/**
 * A bar on the last line of a terminal, wiped when closed. Where nobody watches it prints nothing.
 */
public final class Progress implements AutoCloseable {

  private static final int WIDTH = 24;
  private static final int LABEL = 48;
  private static final long PERIOD_NANOS = 100_000_000;
  private static final String WIPE = "\r\u001b[K";

  private final Terminal terminal;
  private final String what;
  private long last = System.nanoTime() - PERIOD_NANOS;
  private boolean drawn;

  /**
   * @param terminal where to draw
   * @param what the job, one word
   */
  public Progress(Terminal terminal, String what) {
    this.terminal = terminal;
    this.what = what;
  }

  /**
   * Redraws, a few times a second at most: the bar must not disturb what it watches.
   *
   * @param fraction from 0 to 1
   * @param label what is being done
   */
  public void at(double fraction, String label) {
    if (!terminal.interactive() || System.nanoTime() - last < PERIOD_NANOS) {
      return;
    }
    last = System.nanoTime();
    drawn = true;
    int full = (int) Math.round(WIDTH * Math.clamp(fraction, 0.0, 1.0));
    String bar =
        (terminal.unicode() ? "█" : "#").repeat(full)
            + (terminal.unicode() ? "░" : ".").repeat(WIDTH - full);
    String shown = label.length() > LABEL ? label.substring(0, LABEL) : label;
    terminal
        .err()
        .print(
            WIPE
                + String.format(Locale.ROOT, "%s %s %3.0f%% %s", what, bar, 100 * fraction, shown));
    terminal.err().flush();
  }

  /** Prints a line that stays. */
  public void warn(String sentence) {
    close();
    terminal.warn(sentence);
  }

  /** Wipes the bar. */
  @Override
  public void close() {
    if (drawn) {
      terminal.err().print(WIPE);
      terminal.err().flush();
      drawn = false;
    }
  }
}
