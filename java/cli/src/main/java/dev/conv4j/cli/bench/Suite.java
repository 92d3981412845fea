package dev.conv4j.cli.bench;

import dev.conv4j.Convolution;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * A named list of problems.
 *
 * @param name what it is called in reports
 * @param problems each once, in order
 */
public record Suite(String name, List<Convolution> problems) {

  /** The suites in the jar. */
  public static final List<String> BUILT_IN =
      List.of("resnet50", "vgg16", "mobilenetv2", "deepbench_server", "deepbench_train", "signal");

  /** Short for the server suite, the one that asks for inference. */
  private static final String DEEPBENCH = "deepbench";

  /** The name under which problems of the command line are reported. */
  public static final String LOOSE = "problems";

  /** Copies the list and drops what is there twice. */
  public Suite {
    problems = List.copyOf(new LinkedHashSet<>(problems));
  }

  /**
   * Reads a suite.
   *
   * @param name one of {@link #BUILT_IN}, {@code deepbench}, or a file with one spelling on each
   *     line
   * @throws InvalidArgumentException if there is none, it has no problem, or a line is malformed
   */
  public static Suite load(String name) {
    String listed = name.equals(DEEPBENCH) ? "deepbench_server" : name;
    if (BUILT_IN.contains(listed)) {
      return new Suite(name, Problems.resource("suites/" + listed + ".txt").problems());
    }
    Path file = Path.of(name);
    if (!Files.isRegularFile(file)) {
      throw new InvalidArgumentException(
          "suite",
          "'" + name + "'",
          "one of " + String.join(", ", BUILT_IN) + ", or a file with one problem on each line");
    }
    return new Suite(String.valueOf(file.getFileName()), Problems.file(file).problems());
  }

  /** Returns the same problems with another batch. */
  public Suite withBatch(long batch) {
    return new Suite(name, problems.stream().map(problem -> problem.withBatch(batch)).toList());
  }
}
