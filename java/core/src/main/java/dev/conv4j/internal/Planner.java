package dev.conv4j.internal;

import dev.conv4j.Accuracy;
import dev.conv4j.ConvOptions;
import dev.conv4j.Direction;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.PlanExplanation;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.Refusal;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelRejectedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among a device's algorithms: refuses by scratch, determinism, accuracy and quarantine,
 * then takes the least predicted time. Never runs anything. Stateless and thread-safe.
 */
public final class Planner {

  private final String device;
  private final List<Algorithm<ConvProblem, ConvOperands>> algorithms;

  /**
   * @param device the device's id, for messages
   * @param algorithms in the backend's order, the reference last
   */
  public Planner(String device, List<Algorithm<ConvProblem, ConvOperands>> algorithms) {
    this.device = device;
    this.algorithms = algorithms;
  }

  /**
   * The outcome.
   *
   * @param executable ready to run
   * @param explanation how it was chosen
   */
  public record Choice(Executable<ConvOperands> executable, PlanExplanation explanation) {}

  /** One algorithm on its way through the rules. */
  private record Considered(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      Verdict.@Nullable Yes yes,
      double rank,
      @Nullable Refusal refusal) {

    Considered refusedBy(Refusal reason) {
      return new Considered(algorithm, yes, rank, reason);
    }
  }

  /**
   * Plans a problem.
   *
   * @param problem the problem
   * @param workspaceCap bytes of scratch allowed, by option and budget together
   * @throws UnsupportedProblemException if nothing the options allow can run it
   * @throws InvalidArgumentException if the forced algorithm does not exist
   */
  public Choice plan(ConvProblem problem, long workspaceCap) {
    String forced = problem.options().algorithm();
    requireKnown(forced);
    List<Considered> considered = new ArrayList<>();
    for (Algorithm<ConvProblem, ConvOperands> algorithm : algorithms) {
      considered.add(consider(algorithm, problem, workspaceCap, forced));
    }
    Considered best = best(considered);
    if (best == null) {
      throw unsupported(
          problem, considered, "no algorithm of " + device + " takes " + problem.convolution());
    }
    boolean lastResort = best.algorithm.isReference() && forced == null;
    if (lastResort && problem.options().fallback() == FallbackPolicy.FAIL) {
      throw unsupported(
          problem,
          considered,
          "only the slow reference takes "
              + problem.convolution()
              + " on "
              + device
              + ", and the fallback policy is FAIL");
    }
    Executable<ConvOperands> executable;
    try {
      executable = best.algorithm.compile(problem);
    } catch (KernelRejectedException rejected) {
      if (best.algorithm.check(problem) instanceof Verdict.Yes) {
        throw rejected;
      }
      // From now on it refuses by itself, so this ends when the algorithms do.
      return plan(problem, workspaceCap);
    }
    return new Choice(executable, explain(problem, considered, best, executable));
  }

  private void requireKnown(@Nullable String forced) {
    if (forced != null && algorithms.stream().noneMatch(a -> a.id().equals(forced))) {
      String ids = algorithms.stream().map(Algorithm::id).collect(Collectors.joining(", "));
      throw new InvalidArgumentException(
          "algorithm", "'" + forced + "'", "one of " + ids + " on " + device);
    }
  }

  private Considered consider(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem problem,
      long cap,
      @Nullable String forced) {
    if (forced != null && !algorithm.id().equals(forced)) {
      return new Considered(algorithm, null, Double.MAX_VALUE, new Refusal.NotForced(forced));
    }
    return switch (algorithm.check(problem)) {
      case Verdict.No(Refusal reason) -> new Considered(algorithm, null, Double.MAX_VALUE, reason);
      case Verdict.Yes yes ->
          new Considered(
              algorithm, yes, rank(algorithm, problem, yes), refusal(problem.options(), yes, cap));
    };
  }

  /**
   * Ranks by the times for batches that do not follow the problem's: a row then takes the same
   * algorithm, and gets the same bits, alone or inside a batch. The gradient of a filter sums over
   * the batch and has no rows.
   */
  private static double rank(
      Algorithm<ConvProblem, ConvOperands> algorithm, ConvProblem problem, Verdict.Yes yes) {
    if (!problem.options().deterministic()
        || problem.options().direction() == Direction.BACKWARD_FILTER) {
      return yes.predictedSeconds();
    }
    List<Long> batches = algorithm.rankingBatches();
    double product = 1;
    for (long batch : batches) {
      ConvProblem other =
          new ConvProblem(problem.convolution().withBatch(batch), problem.options());
      product *=
          batch != problem.convolution().batch()
                  && algorithm.check(other) instanceof Verdict.Yes yesToo
              ? yesToo.predictedSeconds()
              : yes.predictedSeconds();
    }
    return Math.pow(product, 1.0 / batches.size());
  }

  private static @Nullable Refusal refusal(ConvOptions options, Verdict.Yes yes, long cap) {
    if (yes.workspaceBytes() > cap) {
      return new Refusal.WorkspaceCap(yes.workspaceBytes(), cap);
    }
    if (options.deterministic() && !yes.deterministic()) {
      return new Refusal.Nondeterministic();
    }
    if (options.accuracy() == Accuracy.STRICT && yes.errorFactor() > 1) {
      return new Refusal.Inaccurate(yes.errorFactor());
    }
    return null;
  }

  /** The reference loses to anything else, whatever the model predicts. */
  private static @Nullable Considered best(List<Considered> considered) {
    return considered.stream()
        .filter(one -> one.refusal == null)
        .min(
            Comparator.comparing((Considered one) -> one.algorithm.isReference())
                .thenComparingDouble(Considered::rank))
        .orElse(null);
  }

  private PlanExplanation explain(
      ConvProblem problem,
      List<Considered> considered,
      Considered best,
      Executable<ConvOperands> executable) {
    List<Candidate> candidates = new ArrayList<>();
    for (Considered one : considered) {
      boolean slower = !one.equals(best) && one.refusal == null;
      candidates.add(
          candidate(slower ? one.refusedBy(new Refusal.Slower(one.rank / best.rank)) : one));
    }
    return new PlanExplanation(
        problem.convolution(),
        problem.options(),
        device,
        best.algorithm.id(),
        best.algorithm.isReference(),
        executable.workspaceBytes(false),
        executable.packedFilterBytes(),
        candidates,
        executable.facts());
  }

  private static Candidate candidate(Considered one) {
    Verdict.Yes yes = one.yes;
    if (yes == null) {
      return new Candidate(
          one.algorithm.id(),
          one.refusal,
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          0,
          1,
          List.of());
    }
    return new Candidate(
        one.algorithm.id(),
        one.refusal,
        OptionalDouble.of(yes.predictedSeconds()),
        OptionalDouble.empty(),
        yes.workspaceBytes(),
        yes.errorFactor(),
        yes.notes());
  }

  private UnsupportedProblemException unsupported(
      ConvProblem problem, List<Considered> considered, String why) {
    List<Candidate> candidates = considered.stream().map(Planner::candidate).toList();
    String reasons =
        considered.stream()
            .filter(one -> one.refusal != null && !(one.refusal instanceof Refusal.NotForced))
            .map(one -> one.algorithm.id() + ": " + one.refusal.sentence())
            .collect(Collectors.joining("; "));
    PlanExplanation explanation =
        new PlanExplanation(
            problem.convolution(),
            problem.options(),
            device,
            "",
            false,
            0,
            0,
            candidates,
            Map.of());
    return new UnsupportedProblemException(
        reasons.isEmpty() ? why : why + " (" + reasons + ")", explanation);
  }
}
