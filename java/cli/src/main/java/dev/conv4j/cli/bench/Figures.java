package dev.conv4j.cli.bench;

import java.util.Locale;
import java.util.OptionalDouble;

/** How times, rates and shares are written, wherever they are shown. */
public final class Figures {

  /** What stands where there is no figure. */
  public static final String NOTHING = "-";

  private Figures() {}

  /** Returns a time of some seconds in milliseconds, with more digits the shorter it is. */
  public static String milliseconds(double seconds) {
    double ms = seconds * 1e3;
    return String.format(
        Locale.ROOT, ms < 0.1 ? "%.5f" : ms < 10 ? "%.3f" : ms < 1000 ? "%.2f" : "%.0f", ms);
  }

  /** Returns a value in some unit, or {@link #NOTHING}. */
  public static String optional(OptionalDouble value, double unit) {
    return value.isPresent() ? number(value.getAsDouble() * unit) : NOTHING;
  }

  /** Returns a number of three digits or so. */
  public static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
  }

  /** Returns how many times as much something is. */
  public static String ratio(double value) {
    return String.format(Locale.ROOT, "x%.2f", value);
  }

  /** Returns a share in percent. */
  public static String percent(double share, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f %%", 100 * share);
  }
}
