package dev.conv4j.cli.check;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.cli.output.Progress;
import dev.conv4j.cli.output.Terminal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Every case, on every device, with every algorithm. */
public final class VerifyRun {

  private static final long INTEGER_SEED = 11;
  private static final long FLOAT_SEED = 12;

  private VerifyRun() {}

  /**
   * Runs them.
   *
   * @param engines the devices
   * @param cases what to compute
   * @param only ids of the algorithms to run, empty for all
   * @param terminal where progress shows
   * @throws InvalidArgumentException if no device has an algorithm asked for
   */
  public static VerifyReport run(
      List<Engine> engines, List<Case> cases, List<String> only, Terminal terminal) {
    VerifyReport report = new VerifyReport();
    Set<String> known = new TreeSet<>();
    try (Progress progress = new Progress(terminal, "verify")) {
      for (int i = 0; i < cases.size(); i++) {
        Case one = cases.get(i);
        progress.at((double) i / cases.size(), one.toString());
        List<Operands> operands = operands(one);
        for (Engine engine : engines) {
          for (Candidate candidate : AlgorithmCheck.candidates(engine, one)) {
            known.add(candidate.algorithm());
            if (only.isEmpty() || only.contains(candidate.algorithm())) {
              report.add(
                  new VerifyReport.Result(
                      engine.device().id(),
                      candidate.algorithm(),
                      one,
                      AlgorithmCheck.run(engine, operands, candidate)));
            }
          }
        }
      }
    }
    Set<String> unknown = new HashSet<>(only);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new InvalidArgumentException(
          "algorithm", "'" + unknown.iterator().next() + "'", "one of " + String.join(", ", known));
    }
    return report;
  }

  private static List<Operands> operands(Case one) {
    Operands integers = new Operands(one, true, INTEGER_SEED);
    return one.options().inputType().isInteger()
        ? List.of(integers)
        : List.of(integers, new Operands(one, false, FLOAT_SEED));
  }
}
