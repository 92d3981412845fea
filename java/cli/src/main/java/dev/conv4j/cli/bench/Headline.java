package dev.conv4j.cli.bench;

import java.util.Locale;

/** What stands above and below a suite's table. */
public final class Headline {

  private Headline() {}

  /** Returns suite, device, threads, format and peak. */
  public static String title(Summary summary) {
    Row first = summary.ours().getFirst();
    String threads =
        summary.threads() == 0
            ? ""
            : ", " + summary.threads() + (summary.threads() == 1 ? " thread" : " threads");
    return summary.suite()
        + " on "
        + summary.device()
        + threads
        + ", "
        + first.format().input().spelling()
        + " "
        + first.format().layout()
        + ", "
        + (first.peakFlops().isPresent()
            ? "measured peak " + Figures.number(first.peakFlops().getAsDouble() * 1e-9) + " GFLOP/s"
            : "peak not measured");
  }

  /** Returns what it comes to, in one sentence. */
  public static String conclusion(Summary summary) {
    Row worst = summary.worst();
    if (worst == null) {
      return "nothing was timed";
    }
    StringBuilder line = new StringBuilder();
    line.append(summary.timed().size())
        .append(summary.timed().size() == 1 ? " layer, " : " layers, ")
        .append(Figures.milliseconds(summary.total()))
        .append(" ms together; geometric mean ")
        .append(Figures.optional(summary.flops(), 1e-9))
        .append(" GFLOP/s");
    summary
        .shareOfPeak()
        .ifPresent(share -> line.append(", ").append(Figures.percent(share, 0)).append(" of peak"));
    summary
        .dropIn()
        .mean()
        .ifPresent(ratio ->
            line.append(
                String.format(
                    Locale.ROOT,
                    "; best peer / ours x%.2f, %d of %d layers won",
                    ratio,
                    summary.dropIn().won(),
                    summary.dropIn().contested())));
    if (summary.timed().size() > 1) {
      line.append("; worst ").append(worst.problem());
      worst
          .shareOfPeak()
          .ifPresent(share -> line.append(" with ").append(Figures.percent(share, 0)));
    }
    return line.toString();
  }

  /** Returns how good the planner's choices were, empty where there was none to judge. */
  public static String choices(Choices choices) {
    Choices.Layer worst = choices.worst();
    return worst == null
        ? ""
        : String.format(
            Locale.ROOT,
            "choice within 10 %% of the fastest on %d of %d layers, x%s of its time on average and"
                + " at most x%.2f",
            choices.good(),
            choices.layers().size(),
            Figures.optional(choices.mean(), 1),
            worst.ratio());
  }
}
