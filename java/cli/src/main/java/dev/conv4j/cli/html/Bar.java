package dev.conv4j.cli.html;

import static j2html.TagCreator.div;
import static j2html.TagCreator.each;
import static j2html.TagCreator.span;
import static j2html.TagCreator.text;
import static j2html.TagCreator.th;

import j2html.tags.DomContent;
import j2html.tags.specialized.DivTag;
import j2html.tags.specialized.ThTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A bar from zero to a value, its confidence interval, and marks of what to compare it with, all as
 * shares of a scale that neighbouring bars have in common.
 *
 * @param value its length, 0 to 1
 * @param low where the interval begins
 * @param high where it ends
 * @param marks other values
 */
record Bar(double value, double low, double high, List<Mark> marks) {

  /**
   * A line across the bar.
   *
   * @param at where, 0 to 1
   * @param style a class of the page's style
   * @param hint what it says when pointed at
   */
  record Mark(double at, String style, String hint) {

    /** Returns the mark of the peer with a number, in that peer's colour. */
    static Mark ofPeer(int number, double at, String hint) {
      return new Mark(at, colour(number), hint);
    }
  }

  /** Returns the head of a peer's column, which tells its colour. */
  static ThTag legend(String peer, int number) {
    return th(span().withClasses("swatch", colour(number)), text(peer + " ms"));
  }

  private static String colour(int number) {
    return "peer" + number % COLOURS;
  }

  /** Of peers in the page's style. */
  private static final int COLOURS = 4;

  Bar {
    marks = List.copyOf(marks);
  }

  DomContent draw(String hint) {
    List<DivTag> parts = new ArrayList<>();
    parts.add(div().withClass("value").withStyle("width:" + percent(value)));
    if (high > low) {
      parts.add(
          div()
              .withClass("interval")
              .withStyle("left:" + percent(low) + ";width:" + percent(high - low)));
    }
    return div(
            each(parts, part -> part),
            each(
                marks,
                mark ->
                    span()
                        .withClasses("mark", mark.style)
                        .withStyle("left:" + percent(mark.at))
                        .withTitle(mark.hint)))
        .withClass("bar")
        .withTitle(hint);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", 100 * Math.clamp(share, 0, 1));
  }
}
