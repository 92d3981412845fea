package dev.conv4j.testkit;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs every algorithm of a device on problems through the SPI, each by itself and not only where
 * the planner would pick it. The outer loop is over cases, so that one oracle serves all.
 *
 * <p>{@code -Dconv4j.test.problem=SPELLING} and {@code -Dconv4j.test.algorithm=ID} narrow it to
 * what a failure message names.
 */
public final class Campaign {

  private final Device device;
  private final Tally tally;
  private final int guard;
  private final List<Algorithm<ConvProblem, ConvOperands>> algorithms;
  private final @Nullable String onlyAlgorithm = System.getProperty("conv4j.test.algorithm");

  /**
   * @param device an open device
   * @param tally where results go
   * @param guard bytes of sentinels behind each operand
   */
  public Campaign(Device device, Tally tally, int guard) {
    this(device, tally, guard, device.algorithms(ProblemFamily.CONVOLUTION));
  }

  private Campaign(
      Device device,
      Tally tally,
      int guard,
      List<Algorithm<ConvProblem, ConvOperands>> algorithms) {
    this.device = device;
    this.tally = tally;
    this.guard = guard;
    this.algorithms = algorithms;
  }

  /** Returns the same campaign without the reference, for problems it would take minutes for. */
  public Campaign withoutReference() {
    return new Campaign(
        device, tally, guard, algorithms.stream().filter(a -> !a.isReference()).toList());
  }

  /** Returns the same campaign with some algorithms only. */
  public Campaign only(Set<String> ids) {
    return new Campaign(
        device, tally, guard, algorithms.stream().filter(a -> ids.contains(a.id())).toList());
  }

  /** Runs every problem with the recipes its place in the list gives it. */
  public void run(List<Convolution> problems, long seed) {
    String only = System.getProperty("conv4j.test.problem");
    for (int i = 0; i < problems.size(); i++) {
      Convolution problem = problems.get(i);
      if (only == null || Convolution.parse(only).equals(problem)) {
        for (Recipe recipe : Recipe.of(problem, i)) {
          run(problem, recipe, seed + i);
        }
      }
    }
  }

  /** Runs one problem with one recipe on every algorithm that takes it. */
  public void run(Convolution convolution, Recipe recipe, long seed) {
    List<Prepared> prepared = prepare(convolution, recipe);
    if (prepared.isEmpty()) {
      return;
    }
    for (DataKind kind : recipe.kinds()) {
      TestCase test = new TestCase(prepared.getFirst().problem, kind, seed);
      for (Prepared one : prepared) {
        validate(one, recipe, test);
      }
    }
  }

  /** An algorithm compiled for a problem in one memory order. */
  private record Prepared(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem problem,
      Verdict.Yes verdict,
      Executable<ConvOperands> executable) {}

  private List<Prepared> prepare(Convolution convolution, Recipe recipe) {
    List<Prepared> prepared = new ArrayList<>();
    for (Recipe.Orders orders : recipe.layouts()) {
      ConvProblem problem = recipe.problem(convolution, orders);
      for (Algorithm<ConvProblem, ConvOperands> algorithm : algorithms) {
        if (onlyAlgorithm == null || onlyAlgorithm.equals(algorithm.id())) {
          prepare(algorithm, problem, recipe, prepared);
        }
      }
    }
    return prepared;
  }

  private void prepare(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem problem,
      Recipe recipe,
      List<Prepared> prepared) {
    try {
      switch (algorithm.check(problem)) {
        case Verdict.No no -> tally.refuse(algorithm.id(), recipe.group(), no.reason().sentence());
        case Verdict.Yes yes ->
            prepared.add(new Prepared(algorithm, problem, yes, algorithm.compile(problem)));
      }
    } catch (RuntimeException | LinkageError | AssertionError thrown) {
      tally.fail(
          algorithm.id(),
          recipe.group(),
          "algorithm="
              + algorithm.id()
              + " "
              + describe(problem)
              + ": check or compile threw "
              + thrown
              + Failures.where(thrown));
    }
  }

  private void validate(Prepared one, Recipe recipe, TestCase test) {
    Trial trial = new Trial(device, one.problem, one.verdict, one.executable, guard);
    for (boolean packed : trial.packs() ? new boolean[] {false, true} : new boolean[] {false}) {
      Trial.Outcome outcome = trial.run(test, packed, recipe.inPlace(), GuardedBlock.NAN);
      String failure = outcome.failure();
      if (failure == null && isRepeated(test, one)) {
        failure = repeat(trial, test, packed, recipe.inPlace(), outcome.result());
      }
      if (failure == null) {
        tally.pass(one.algorithm.id(), recipe.group());
      } else {
        tally.fail(
            one.algorithm.id(),
            recipe.group(),
            repro(one.algorithm.id(), one.problem, test, packed) + ":\n      " + failure);
      }
    }
  }

  /** Whole numbers come out the same in any order of summing; rounding shows another order. */
  private static boolean isRepeated(TestCase test, Prepared one) {
    boolean telling =
        test.kind() == DataKind.FLOAT || one.problem.options().inputType().isInteger();
    return telling && one.verdict.deterministic();
  }

  private static @Nullable String repeat(
      Trial trial,
      TestCase test,
      boolean packed,
      boolean inPlace,
      @Nullable MemorySegment expected) {
    Trial.Outcome again = trial.run(test, packed, inPlace, GuardedBlock.HUGE);
    MemorySegment result = again.result();
    if (again.failure() != null || result == null || expected == null) {
      return "in the second run, on memory that held " + GuardedBlock.HUGE + ": " + again.failure();
    }
    long at = result.mismatch(expected);
    return at < 0 ? null : "a second run gave other bits at byte " + at + " of the result";
  }

  static String repro(String algorithm, ConvProblem problem, TestCase test, boolean packed) {
    return "algorithm="
        + algorithm
        + " "
        + describe(problem)
        + " data="
        + test.kind()
        + " seed="
        + test.seed()
        + (packed ? " packed" : "");
  }

  static String describe(ConvProblem problem) {
    ConvOptions o = problem.options();
    DType result = o.resultType();
    return "problem="
        + problem.convolution()
        + " "
        + o.direction()
        + " "
        + o.layout()
        + "/"
        + o.filterLayout()
        + " "
        + (o.inputType() == result && o.filterType() == result
            ? result.spelling()
            : o.inputType().spelling()
                + "*"
                + o.filterType().spelling()
                + "->"
                + o.outputType().spelling())
        + (o.epilogue().isNone() ? "" : " " + o.epilogue())
        + (o.quantization().multipliers().isEmpty() ? "" : " " + o.quantization())
        + (o.flipped() ? " flipped" : "")
        + (o.mathMode() == dev.conv4j.MathMode.STRICT ? "" : " " + o.mathMode());
  }
}
