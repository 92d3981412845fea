package dev.conv4j;

import java.util.EnumMap;
import java.util.Map;

/**
 * Reads and writes a problem's spelling; the grammar is on {@link Convolution}. One instance parses
 * one text.
 */
final class ConvolutionSpelling {

  private enum Field {
    N,
    C,
    I,
    K,
    F,
    S,
    P,
    D,
    G,
    B;

    char letter() {
      return Character.toLowerCase(name().charAt(0));
    }
  }

  private static final String LETTERS = "n c i k f s p d g b";

  private final String text;
  private int at;
  private final Map<Field, Integer> seenAt = new EnumMap<>(Field.class);
  private final ConvolutionBuilder builder = Convolution.builder();

  ConvolutionSpelling(String text) {
    this.text = text;
  }

  Convolution parse() {
    if (text.isEmpty()) {
      throw error("a problem such as n1c64i56x56k64f3x3p1");
    }
    while (at < text.length()) {
      readField();
    }
    for (Field needed : new Field[] {Field.C, Field.I, Field.K, Field.F}) {
      if (!seenAt.containsKey(needed)) {
        throw error("also the field '" + needed.letter() + "' (c, i, k and f are required)");
      }
    }
    try {
      return builder.build();
    } catch (InvalidArgumentException broken) {
      throw new InvalidArgumentException(
          broken.argument() + " of problem '" + text + "'", broken.value(), broken.expectation());
    }
  }

  private void readField() {
    Field field = null;
    for (Field candidate : Field.values()) {
      if (candidate.letter() == text.charAt(at)) {
        field = candidate;
      }
    }
    if (field == null) {
      throw error("one of the letters " + LETTERS);
    }
    if (seenAt.putIfAbsent(field, at) != null) {
      throw error(
          "each letter once ('"
              + field.letter()
              + "' came at position "
              + (seenAt.get(field) + 1)
              + " before)");
    }
    at++;
    switch (field) {
      case N -> builder.batch(number());
      case C -> builder.channels(number());
      case K -> builder.filters(number());
      case G -> builder.groups(number());
      case I -> builder.input(numbers());
      case F -> builder.filter(numbers());
      case S -> builder.stride(numbers());
      case D -> builder.dilation(numbers());
      case P -> readPadding();
      case B -> builder.border(border());
    }
  }

  private void readPadding() {
    long[] begin = new long[3];
    long[] end = new long[3];
    int count = 0;
    do {
      if (count == 3) {
        throw error("at most 3 axes");
      }
      begin[count] = number();
      end[count] = accept(':') ? number() : begin[count];
      count++;
    } while (accept('x'));
    builder
        .padBegin(java.util.Arrays.copyOf(begin, count))
        .padEnd(java.util.Arrays.copyOf(end, count));
  }

  private long[] numbers() {
    long[] values = new long[3];
    int count = 0;
    do {
      if (count == 3) {
        throw error("at most 3 axes");
      }
      values[count++] = number();
    } while (accept('x'));
    return java.util.Arrays.copyOf(values, count);
  }

  private boolean accept(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private long number() {
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (start == at) {
      throw error("a number");
    }
    try {
      return Long.parseLong(text, start, at, 10);
    } catch (NumberFormatException tooLarge) {
      at = start;
      throw error("a number below 2^63");
    }
  }

  private Border border() {
    for (Border candidate : Border.values()) {
      if (text.startsWith(candidate.spelling(), at)) {
        at += candidate.spelling().length();
        return candidate;
      }
    }
    throw error("one of zeros, reflect, replicate, circular");
  }

  private InvalidArgumentException error(String expectation) {
    String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
    return new InvalidArgumentException(
        "problem", "'" + text + "', where position " + (at + 1) + " has " + found, expectation);
  }

  static String format(Convolution c) {
    StringBuilder out = new StringBuilder();
    out.append('n').append(c.batch()).append('c').append(c.channels());
    out.append('i').append(extents(c.input(), c.rank()));
    out.append('k').append(c.filters());
    out.append('f').append(extents(c.filter(), c.rank()));
    appendUnlessDefault(out, 's', c.stride(), c.rank());
    appendPadding(out, c);
    appendUnlessDefault(out, 'd', c.dilation(), c.rank());
    if (c.groups() != 1) {
      out.append('g').append(c.groups());
    }
    if (c.border() != Border.ZEROS) {
      out.append('b').append(c.border().spelling());
    }
    return out.toString();
  }

  private static String extents(Axes axes, int rank) {
    StringBuilder out = new StringBuilder();
    for (int axis = 3 - rank; axis < 3; axis++) {
      out.append(axis > 3 - rank ? "x" : "").append(axes.get(axis));
    }
    return out.toString();
  }

  private static void appendUnlessDefault(StringBuilder out, char letter, Axes axes, int rank) {
    if (axes.equals(Axes.ONES)) {
      return;
    }
    out.append(letter)
        .append(allEqual(axes, rank) ? String.valueOf(axes.w()) : extents(axes, rank));
  }

  private static boolean allEqual(Axes axes, int rank) {
    return (rank < 2 || axes.h() == axes.w()) && (rank < 3 || axes.d() == axes.w());
  }

  private static void appendPadding(StringBuilder out, Convolution c) {
    if (c.padBegin().equals(Axes.ZEROS) && c.padEnd().equals(Axes.ZEROS)) {
      return;
    }
    out.append('p');
    boolean one = allEqual(c.padBegin(), c.rank()) && allEqual(c.padEnd(), c.rank());
    for (int axis = one ? 2 : 3 - c.rank(); axis < 3; axis++) {
      out.append(!one && axis > 3 - c.rank() ? "x" : "").append(c.padBegin().get(axis));
      if (c.padBegin().get(axis) != c.padEnd().get(axis)) {
        out.append(':').append(c.padEnd().get(axis));
      }
    }
  }
}
