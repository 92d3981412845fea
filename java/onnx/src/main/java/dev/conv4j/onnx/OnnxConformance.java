package dev.conv4j.onnx;

import dev.conv4j.Conv4jException;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.proto.ExternalData;
import dev.conv4j.onnx.proto.TensorParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs tests in the ONNX project's form: a folder with {@code model.onnx}, {@code
 * test_data_set_K/input_I.pb} and {@code output_I.pb}, and perhaps {@code data.json} with {@code
 * rtol} and {@code atol}. Inputs go to the graph's inputs in order, initializers left out. Reals
 * must agree within {@code atol + rtol·|expected|}, integers and booleans exactly; element types
 * and dimensions must be equal.
 */
public final class OnnxConformance {

  private static final double RTOL = 1e-3;
  private static final double ATOL = 1e-5;

  /**
   * The outcome of one test.
   *
   * @param folder the test
   * @param passed whether every output of every data set agrees
   * @param detail what went wrong; empty when passed
   */
  public record Outcome(Path folder, boolean passed, String detail) {}

  private final Engine engine;
  private final SessionOptions options;

  /**
   * @param engine where networks run
   * @param options how
   */
  public OnnxConformance(Engine engine, SessionOptions options) {
    this.engine = engine;
    this.options = options;
  }

  /**
   * Returns the tests in a folder and below, in order.
   *
   * @throws InvalidArgumentException if it is no folder
   */
  public static List<Path> find(Path root) {
    if (!Files.isDirectory(root)) {
      throw new InvalidArgumentException("folder", "'" + root + "'", "a folder of ONNX tests");
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.endsWith("model.onnx"))
          .map(path -> path.toAbsolutePath().getParent())
          .filter(folder -> !dataSets(folder).isEmpty())
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Runs one test; whatever goes wrong is its outcome. */
  public Outcome run(Path folder) {
    try {
      OnnxModel model = OnnxModel.load(folder.resolve("model.onnx"));
      double[] tolerance = tolerance(folder.resolve("data.json"));
      try (OnnxSession session = model.session(engine, options)) {
        for (Path set : dataSets(folder)) {
          // The second run takes its memory from the plan that the first one made.
          String wrong = compare(session, set, tolerance);
          wrong = wrong == null ? compare(session, set, tolerance) : wrong;
          if (wrong != null) {
            return new Outcome(folder, false, set.getFileName() + ": " + wrong);
          }
        }
      }
      return new Outcome(folder, true, "");
    } catch (Conv4jException | IOException failed) {
      return new Outcome(folder, false, String.valueOf(failed.getMessage()));
    } catch (RuntimeException defect) {
      return new Outcome(folder, false, "internal error: " + defect);
    }
  }

  private static List<Path> dataSets(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isDirectory)
          .filter(path -> path.getFileName().toString().startsWith("test_data_set_"))
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static double[] tolerance(Path file) throws IOException {
    String json = Files.exists(file) ? Files.readString(file) : "";
    return new double[] {number(json, "rtol", RTOL), number(json, "atol", ATOL)};
  }

  private static double number(String json, String name, double missing) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*([0-9.eE+-]+)").matcher(json);
    return found.find() ? Double.parseDouble(found.group(1)) : missing;
  }

  private static @Nullable String compare(OnnxSession session, Path set, double[] tolerance)
      throws IOException {
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    List<ValueInfo> wanted = session.model().inputs();
    for (int i = 0; i < wanted.size(); i++) {
      inputs.put(wanted.get(i).name(), readTensor(set.resolve("input_" + i + ".pb")));
    }
    OnnxResult result = session.run(inputs);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < result.size(); i++) {
      Path file = set.resolve("output_" + i + ".pb");
      if (Files.exists(file)) {
        String difference = difference(result.get(i), readTensor(file), tolerance[0], tolerance[1]);
        if (difference != null) {
          wrong.add("output " + i + " " + difference);
        }
      }
    }
    return wrong.isEmpty() ? null : String.join("; ", wrong);
  }

  /**
   * Reads a tensor from a file in the ONNX project's form (TensorProto).
   *
   * @throws InvalidArgumentException if it is none
   */
  public static OnnxTensor readTensor(Path file) throws IOException {
    return TensorParser.read("tensor '" + file + "'", ExternalData.map(file)).tensor();
  }

  /**
   * Returns how a result differs from what was expected, or null when it agrees.
   *
   * @param rtol allowed difference relative to the expected value, for reals
   * @param atol allowed difference beside that
   */
  public static @Nullable String difference(
      OnnxTensor result, OnnxTensor expected, double rtol, double atol) {
    if (result.type() != expected.type() || !Arrays.equals(result.dims(), expected.dims())) {
      return "is " + result + " instead of " + expected;
    }
    boolean real = expected.type().isFloating();
    long wrong = 0;
    long first = -1;
    for (long i = 0; i < expected.elements(); i++) {
      boolean agrees =
          real
              ? agrees(result.getDouble(i), expected.getDouble(i), rtol, atol)
              : result.getLong(i) == expected.getLong(i);
      if (!agrees) {
        first = wrong++ == 0 ? i : first;
      }
    }
    if (wrong == 0) {
      return null;
    }
    return "differs in "
        + wrong
        + " of "
        + expected.elements()
        + " elements, first at "
        + first
        + ": "
        + (real ? result.getDouble(first) : result.getLong(first))
        + " instead of "
        + (real ? expected.getDouble(first) : expected.getLong(first));
  }

  private static boolean agrees(double got, double expected, double rtol, double atol) {
    return got == expected
        || (Double.isNaN(got) && Double.isNaN(expected))
        || Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
  }
}
