package dev.conv4j.testkit;

import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of a batch gets the same bits alone as among others, from every algorithm that calls itself
 * deterministic.
 */
final class BatchRows {

  private static final String GROUP = "row alone and in a batch";

  private final Device device;
  private final Tally tally;
  private final int guard;

  BatchRows(Device device, Tally tally, int guard) {
    this.device = device;
    this.tally = tally;
    this.guard = guard;
  }

  void run(List<Convolution> problems, long seed) {
    for (int i = 0; i < problems.size(); i++) {
      Convolution problem = problems.get(i);
      boolean batched = problem.batch() > 1;
      if (batched || i % 4 == 0) {
        Convolution convolution = batched ? problem : problem.withBatch(2 + i % 3);
        for (Direction direction : new Direction[] {Direction.FORWARD, Direction.BACKWARD_DATA}) {
          run(convolution, Recipe.plain(direction, DataKind.FLOAT), seed + i);
        }
      }
    }
  }

  private void run(Convolution convolution, Recipe recipe, long seed) {
    TestCase batch =
        new TestCase(
            recipe.problem(convolution, recipe.layouts().getFirst()), DataKind.FLOAT, seed);
    int last = (int) convolution.batch() - 1;
    TestCase row = batch.row(last);
    for (Recipe.Orders orders : recipe.layouts()) {
      ConvProblem whole = recipe.problem(convolution, orders);
      ConvProblem alone = recipe.problem(convolution.withBatch(1), orders);
      for (Algorithm<ConvProblem, ConvOperands> algorithm :
          device.algorithms(ProblemFamily.CONVOLUTION)) {
        if (algorithm.check(whole) instanceof Verdict.Yes yes
            && algorithm.check(alone) instanceof Verdict.Yes yesAlone
            && yes.deterministic()) {
          String wrong = compare(algorithm, whole, yes, batch, alone, yesAlone, row, last);
          if (wrong == null) {
            tally.pass(algorithm.id(), GROUP);
          } else {
            String repro = Campaign.repro(algorithm.id(), whole, batch, false);
            tally.fail(algorithm.id(), GROUP, repro + ":\n      " + wrong);
          }
        }
      }
    }
  }

  private @Nullable String compare(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem whole,
      Verdict.Yes yes,
      TestCase batch,
      ConvProblem alone,
      Verdict.Yes yesAlone,
      TestCase row,
      int index) {
    Trial.Outcome together = run(algorithm, whole, yes, batch);
    Trial.Outcome single = run(algorithm, alone, yesAlone, row);
    MemorySegment all = together.result();
    MemorySegment one = single.result();
    if (all == null || one == null || together.failure() != null || single.failure() != null) {
      return "in the batch: " + together.failure() + "; alone: " + single.failure();
    }
    long at = all.asSlice(index * one.byteSize(), one.byteSize()).mismatch(one);
    return at < 0 ? null : "row " + index + " has other bits alone, from byte " + at;
  }

  private Trial.Outcome run(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem problem,
      Verdict.Yes yes,
      TestCase test) {
    try {
      return new Trial(device, problem, yes, algorithm.compile(problem), guard)
          .run(test, false, false, GuardedBlock.NAN);
    } catch (RuntimeException thrown) {
      return new Trial.Outcome(null, "compile threw " + thrown + Failures.where(thrown));
    }
  }
}
