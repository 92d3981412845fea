package dev.conv4j.cli.output;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, lists, texts and numbers as JSON. */
public final class Json {

  /** The name that means standard output. */
  public static final String STDOUT = "-";

  private final @Nullable OutputFile file;
  private final Terminal terminal;

  private Json(@Nullable OutputFile file, Terminal terminal) {
    this.file = file;
    this.terminal = terminal;
  }

  /**
   * Names the target before the work begins.
   *
   * @param name a file, or {@link #STDOUT}
   * @throws InvalidArgumentException if it cannot be written
   */
  public static Json to(String name, Terminal terminal) {
    return new Json(name.equals(STDOUT) ? null : OutputFile.at(Path.of(name)), terminal);
  }

  /** Writes one document. */
  public void write(Map<String, ?> document) {
    String text = text(document);
    if (file == null) {
      terminal.out().println(text);
      terminal.out().flush();
    } else {
      file.write(stream -> {
        stream.write(text.getBytes(StandardCharsets.UTF_8));
        stream.write('\n');
      });
    }
  }

  private static String text(Map<String, ?> document) {
    try {
      return JSON.std
          .with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES)
          .asString(finite(document));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** JSON has no word for NaN and infinity; what was not a number becomes null. */
  private static @Nullable Object finite(@Nullable Object value) {
    return switch (value) {
      case Double number when !Double.isFinite(number) -> null;
      case Map<?, ?> map -> {
        Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, inner) -> copy.put(key, finite(inner)));
        yield copy;
      }
      case Collection<?> items -> {
        List<@Nullable Object> copy = new java.util.ArrayList<>();
        items.forEach(item -> copy.add(finite(item)));
        yield copy;
      }
      case null, default -> value;
    };
  }
}
