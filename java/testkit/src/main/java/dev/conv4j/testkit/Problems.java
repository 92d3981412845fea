package dev.conv4j.testkit;

import dev.conv4j.Convolution;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The problems every backend is held to: text, one spelling for each line, {@code #} comments. */
public final class Problems {

  private Problems() {}

  /** Returns the whole corpus: edges, tails, shapes past bugs were found with. */
  public static List<Convolution> corpus() {
    return parse(resource("problems.txt").lines());
  }

  /** Returns a few tiny problems of every kind, for runs under a checker or an emulator. */
  public static List<Convolution> small() {
    return parse(resource("problems-small.txt").lines());
  }

  /**
   * Returns the layer suites below {@code ${conv4j.shared}/suites}, by name; empty when the
   * property is not set or the folder is not there.
   */
  public static Map<String, List<Convolution>> suites() {
    Path folder = Path.of(System.getProperty("conv4j.shared", ""), "suites");
    Map<String, List<Convolution>> suites = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      return suites;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".txt")).toList()) {
        String name = String.valueOf(file.getFileName()).replaceFirst("\\.txt$", "");
        suites.put(name, parse(Files.readAllLines(file).stream()));
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return suites;
  }

  /** Reads problems from lines. */
  public static List<Convolution> parse(Stream<String> lines) {
    return lines
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> !line.isEmpty())
        .map(Convolution::parse)
        .toList();
  }

  private static String resource(String name) {
    try (InputStream in = Problems.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
