package dev.conv4j.cli.fake;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.cli.check.DirectSum;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;

/**
 * A convolution for tests of the command line, which are not about how it is computed: the sums are
 * the oracle's.
 *
 * @param id its id
 * @param forwardOnly whether it refuses everything but f32 NCHW forward
 * @param flaw what is wrong with its last element
 * @param isReference whether it says it is the reference
 */
record FakeAlgorithm(String id, boolean forwardOnly, Flaw flaw, boolean isReference)
    implements Algorithm<ConvProblem, ConvOperands> {

  /** Ways to be wrong. */
  enum Flaw {
    NONE,
    /** The last element is one too large. */
    OFF_BY_ONE,
    /** The last element is never written. */
    UNWRITTEN,
    /** The last element carries a rounding error, also where none is due. */
    INEXACT
  }

  @Override
  public Verdict check(ConvProblem problem) {
    ConvOptions options = problem.options();
    if (forwardOnly && options.direction() != Direction.FORWARD) {
      return new Verdict.No(Refusal.Aspect.DIRECTION, "takes only forward");
    }
    if (forwardOnly && (options.inputType() != DType.F32 || options.layout() != Layout.NCHW)) {
      return new Verdict.No(Refusal.Aspect.DTYPE, "takes only f32 NCHW");
    }
    // A flawed one must be asked for.
    return new Verdict.Yes(0, flaw == Flaw.NONE ? 1 : 2);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return new Executable<>() {
      @Override
      public long workspaceBytes(boolean filterPacked) {
        return 0;
      }

      @Override
      public void run(ConvOperands operands) {
        compute(problem, operands);
      }
    };
  }

  private void compute(ConvProblem problem, ConvOperands operands) {
    ConvOptions options = problem.options();
    Direction direction = options.direction();
    DType firstType =
        direction == Direction.BACKWARD_DATA ? options.outputType() : options.inputType();
    boolean filterGradient = direction == Direction.BACKWARD_FILTER;
    DirectSum.Sums sums =
        new DirectSum(problem.convolution(), options.flipped())
            .all(
                direction,
                load(operands.first(), problem.firstShape(), firstType, options.layout()),
                load(
                    operands.second(),
                    problem.secondShape(),
                    filterGradient ? options.outputType() : options.filterType(),
                    filterGradient ? options.layout() : options.filterLayout()));
    double[] values = sums.values();
    if (operands.bias() != null) {
      Shape shape = Shape.of(problem.biasLength());
      double[] bias = load(operands.bias(), shape, options.biasType(), Layout.NCHW);
      long space = values.length / (problem.resultShape().dim(0) * problem.resultShape().dim(1));
      for (int i = 0; i < values.length; i++) {
        values[i] += bias[(int) (i / space % bias.length)];
      }
    }
    Layout resultLayout = filterGradient ? options.filterLayout() : options.layout();
    if (operands.residual() != null) {
      double[] residual =
          load(operands.residual(), problem.resultShape(), options.resultType(), resultLayout);
      for (int i = 0; i < values.length; i++) {
        values[i] += residual[i];
      }
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = options.epilogue().activation().apply(values[i]);
    }
    int last = values.length - 1;
    values[last] =
        switch (flaw) {
          case NONE -> values[last];
          case OFF_BY_ONE -> values[last] + 1;
          case INEXACT -> values[last] + Math.ulp((float) values[last]);
          case UNWRITTEN ->
              load(operands.result(), problem.resultShape(), options.resultType(), resultLayout)[
                  last];
        };
    store(values, operands.result(), problem.resultShape(), options.resultType(), resultLayout);
  }

  private static double[] load(Block block, Shape shape, DType type, Layout layout) {
    MemorySegment memory = block.hostMemory();
    double[] values = new double[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.load(memory, position(i, shape, layout));
    }
    return values;
  }

  private static void store(double[] values, Block block, Shape shape, DType type, Layout layout) {
    for (int i = 0; i < values.length; i++) {
      type.store(block.hostMemory(), position(i, shape, layout), values[i]);
    }
  }

  private static long position(long logical, Shape shape, Layout layout) {
    long[] strides = shape.strides(layout);
    long position = 0;
    long rest = logical;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      position += rest % shape.dim(axis) * strides[axis];
      rest /= shape.dim(axis);
    }
    return position;
  }
}
