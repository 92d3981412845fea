package dev.conv4j.cli;

import dev.conv4j.Convolution;
import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of problems as text: a spelling on each line, perhaps with words behind it; {@code #}
 * begins a comment.
 *
 * @param lines what is left of each line that holds something
 */
public record Problems(List<Line> lines) {

  private static final long LARGEST_FILE = 1 << 20;

  /**
   * One line.
   *
   * @param problem the convolution
   * @param words what follows it
   */
  public record Line(Convolution problem, List<String> words) {}

  /** Copies the list. */
  public Problems {
    lines = List.copyOf(lines);
  }

  /** Returns the problems alone. */
  public List<Convolution> problems() {
    return lines.stream().map(Line::problem).toList();
  }

  /** Reads a list from the jar. */
  public static Problems resource(String path) {
    try (InputStream stream = Problems.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IllegalStateException("the jar has no " + path);
      }
      return parse(path, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * Reads a list from a file.
   *
   * @throws InvalidArgumentException if it cannot be read, is empty, or a line is malformed
   */
  public static Problems file(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new InvalidArgumentException(
            "file " + file, Files.size(file) + " bytes long", "at most " + LARGEST_FILE);
      }
      return parse(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException unreadable) {
      throw new InvalidArgumentException("file " + file, "not readable", "a readable text file");
    }
  }

  private static Problems parse(String source, String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String raw : text.lines().toList()) {
      number++;
      String line = raw.replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        List<String> words = List.of(line.split("\\s+"));
        lines.add(
            new Line(
                problem(source + " line " + number, words.getFirst()),
                words.subList(1, words.size())));
      }
    }
    if (lines.isEmpty()) {
      throw new InvalidArgumentException("file " + source, "without problems", "at least one");
    }
    return new Problems(lines);
  }

  private static Convolution problem(String where, String spelling) {
    try {
      return Convolution.parse(spelling);
    } catch (InvalidArgumentException malformed) {
      throw new InvalidArgumentException(
          where + ": " + malformed.argument(), malformed.value(), malformed.expectation());
    }
  }
}
