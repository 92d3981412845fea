package dev.conv4j.testkit;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The two gradients are the adjoints of the forward map: {@code <conv(x,w), dy> = <x, dx(dy,w)> =
 * <w, dw(x,dy)>}. In whole numbers the three must be equal, whoever computes them; no oracle has a
 * say in it.
 */
final class Adjointness {

  private static final String GROUP = "adjointness";

  private final Device device;
  private final Tally tally;
  private final int guard;

  Adjointness(Device device, Tally tally, int guard) {
    this.device = device;
    this.tally = tally;
    this.guard = guard;
  }

  void run(List<Convolution> problems, long seed) {
    for (int i = 0; i < problems.size(); i++) {
      run(problems.get(i), i % 2 == 0 ? Layout.NCHW : Layout.NHWC, i % 7 == 3, seed + i);
    }
  }

  private void run(Convolution convolution, Layout layout, boolean flipped, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Oracle dims = new Oracle(convolution, Direction.FORWARD, flipped);
    double[] x = whole(dims.inputDims(), random);
    double[] w = whole(dims.filterDims(), random);
    double[] dy = whole(dims.outputDims(), random);
    Long agreed = null;
    for (Direction direction : Direction.values()) {
      ConvProblem problem =
          new ConvProblem(
              convolution,
              ConvOptions.builder().direction(direction).layout(layout).flipped(flipped).build());
      double[] counterpart =
          switch (direction) {
            case FORWARD -> dy;
            case BACKWARD_DATA -> x;
            case BACKWARD_FILTER -> w;
          };
      Operands operands =
          switch (direction) {
            case FORWARD -> new Operands(x, w, null, null);
            case BACKWARD_DATA -> new Operands(dy, w, null, null);
            case BACKWARD_FILTER -> new Operands(x, dy, null, null);
          };
      TestCase test = new TestCase(problem, DataKind.INTEGER, seed, operands);
      Oracle shape = new Oracle(convolution, direction, flipped);
      for (Algorithm<ConvProblem, ConvOperands> algorithm :
          device.algorithms(ProblemFamily.CONVOLUTION)) {
        if (algorithm.check(problem) instanceof Verdict.Yes yes) {
          agreed = judge(algorithm, problem, yes, test, shape, counterpart, agreed);
        }
      }
    }
  }

  /** Returns the product everybody must agree on: the first one found. */
  private @Nullable Long judge(
      Algorithm<ConvProblem, ConvOperands> algorithm,
      ConvProblem problem,
      Verdict.Yes yes,
      TestCase test,
      Oracle shape,
      double[] counterpart,
      @Nullable Long agreed) {
    String repro = Campaign.repro(algorithm.id(), problem, test, false);
    Trial.Outcome outcome;
    try {
      outcome =
          new Trial(device, problem, yes, algorithm.compile(problem), guard)
              .run(test, false, false, GuardedBlock.NAN);
    } catch (RuntimeException thrown) {
      outcome = new Trial.Outcome(null, "compile threw " + thrown + Failures.where(thrown));
    }
    MemorySegment result = outcome.result();
    if (result == null) {
      tally.fail(algorithm.id(), GROUP, repro + ":\n      " + outcome.failure());
      return agreed;
    }
    long product = product(result, shape.resultDims(), problem.options(), counterpart);
    if (agreed == null || agreed == product) {
      tally.pass(algorithm.id(), GROUP);
    } else {
      tally.fail(
          algorithm.id(),
          GROUP,
          repro + ":\n      the inner product is " + product + ", the first was " + agreed);
    }
    return agreed == null ? Long.valueOf(product) : agreed;
  }

  private static long product(
      MemorySegment result, int[] dims, ConvOptions options, double[] counterpart) {
    long sum = 0;
    for (int i = 0; i < counterpart.length; i++) {
      double value = DType.F32.load(result, Dims.offset(i, dims, options.layout()));
      sum += Math.round(value) * (long) counterpart[i];
    }
    return sum;
  }

  /** Small enough that also the sums over a whole output stay exact in f32. */
  private static double[] whole(int[] dims, SplittableRandom random) {
    double[] values = new double[Math.toIntExact(Dims.count(dims))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-3, 4);
    }
    return values;
  }
}
