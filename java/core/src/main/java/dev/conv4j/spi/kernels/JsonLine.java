package dev.conv4j.spi.kernels;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Flat JSON objects of strings, one on each line: what the stores on disk are made of. A person can
 * read them, and a line that is damaged costs only itself.
 */
final class JsonLine {

  private static final Pattern MEMBER =
      Pattern.compile(
          "\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*(,|\\})");

  private JsonLine() {}

  /** Returns an object as one line. */
  static String format(Map<String, String> members) {
    return members.entrySet().stream()
        .map(e -> quoted(e.getKey()) + ": " + quoted(e.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** Reads a line, or returns empty when it is not such an object. */
  static Optional<Map<String, String>> parse(String line) {
    String text = line.strip();
    if (!text.startsWith("{")) {
      return Optional.empty();
    }
    Map<String, String> members = new LinkedHashMap<>();
    Matcher matcher = MEMBER.matcher(text);
    int at = 1;
    while (matcher.find(at) && matcher.start() == at) {
      members.put(plain(matcher.group(1)), plain(matcher.group(2)));
      at = matcher.end();
      if (matcher.group(3).equals("}")) {
        return at == text.length() ? Optional.of(members) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        default -> out.append(c < ' ' ? ' ' : c);
      }
    }
    return out.append('"').toString();
  }

  private static String plain(String quoted) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < quoted.length(); i++) {
      char c = quoted.charAt(i);
      if (c == '\\' && i + 1 < quoted.length()) {
        char next = quoted.charAt(++i);
        out.append(next == 'n' ? '\n' : next);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
