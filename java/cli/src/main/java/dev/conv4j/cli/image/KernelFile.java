package dev.conv4j.cli.image;

import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a filter from text: one row on each line, numbers separated by blanks or commas; {@code #}
 * begins a comment. {@code divisor D} divides every number, {@code offset O} is added to every
 * sample, counted from 0 (black) to 255 (white).
 */
final class KernelFile {

  private static final long LARGEST_FILE = 1 << 20;
  private static final int LARGEST_SIDE = 255;
  private static final float WHITE = 255;

  private final String source;
  private final List<float[]> rows = new ArrayList<>();
  private float divisor = 1;
  private float offset;
  private int number;

  private KernelFile(String source) {
    this.source = source;
  }

  static Linear read(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new InvalidArgumentException(
            "kernel file " + file, Files.size(file) + " bytes long", "at most " + LARGEST_FILE);
      }
      KernelFile reader = new KernelFile("kernel file " + file);
      return reader.parse(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    } catch (IOException unreadable) {
      throw new InvalidArgumentException(
          "kernel file " + file, "not readable", "a readable text file");
    }
  }

  private Linear parse(String text) {
    for (String raw : text.lines().toList()) {
      number++;
      String line = raw.replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        accept(line.split("\\s*,\\s*|\\s+"));
      }
    }
    if (rows.isEmpty()) {
      throw new InvalidArgumentException(source, "without numbers", "at least one row of them");
    }
    int columns = rows.getFirst().length;
    float[] weights = new float[rows.size() * columns];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = rows.get(i / columns)[i % columns] / divisor;
    }
    return new Linear(List.of(new Taps(rows.size(), columns, weights)), offset / WHITE);
  }

  private void accept(String[] words) {
    if (words.length == 2 && words[0].equals("divisor")) {
      divisor = value(words[1]);
      if (divisor == 0) {
        throw new InvalidArgumentException(where() + ": divisor", 0, "a number other than 0");
      }
    } else if (words.length == 2 && words[0].equals("offset")) {
      offset = value(words[1]);
    } else {
      addRow(words);
    }
  }

  private void addRow(String[] words) {
    int columns = rows.isEmpty() ? words.length : rows.getFirst().length;
    if (words.length != columns) {
      throw new InvalidArgumentException(
          where(), words.length + " numbers long", columns + ", as the rows before");
    }
    if (columns > LARGEST_SIDE || rows.size() == LARGEST_SIDE) {
      throw new InvalidArgumentException(
          where(), "beyond the limit", "at most " + LARGEST_SIDE + " rows and columns");
    }
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = value(words[i]);
    }
    rows.add(row);
  }

  private float value(String word) {
    try {
      float value = Float.parseFloat(word);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException malformed) {
      // Reported below.
    }
    String shown = word.length() > 20 ? word.substring(0, 20) + "..." : word;
    throw new InvalidArgumentException(where(), "'" + printable(shown) + "'", "numbers");
  }

  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?");
  }

  private String where() {
    return source + " line " + number;
  }
}
