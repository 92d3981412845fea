package dev.conv4j.cpu.fft;

import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CostModel;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Signals and images with large filters: the convolution theorem, tile by tile (overlap-save). An
 * output costs about the logarithm of a tile instead of a product for each tap. Every plane has
 * filters of its own; f32 forward, NCHW. Needs vectors.
 *
 * <p>Rounding errors are those of the largest values within a tile, so where sizes are very mixed a
 * small result among large ones is worse than with any sum of products.
 */
public final class Fft extends CpuAlgorithm {

  /** Rounding error as a multiple of a plain sum's bound, for values of one size. */
  private static final double ERROR_FACTOR = 4;

  /** With fewer taps a sum's bound is so narrow that it would not hold, nor would it be faster. */
  private static final long FEWEST_TAPS = 32;

  /** From and to memory: many tiles at a time, a few elements of each. */
  private static final double BYTES_PER_SECOND = 5e9;

  /**
   * @param context what the device's algorithms share
   */
  public Fft(CpuContext context) {
    super("fft", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution c, ConvOptions o) {
    Verdict.No no =
        first(
            require(
                c.groups() == c.channels(),
                Aspect.GROUPS,
                "takes only as many groups as input channels"),
            require(o.direction() == Direction.FORWARD, Aspect.DIRECTION, "takes only forward"),
            requireWhole(o),
            require(
                o.inputType() == DType.F32
                    && o.filterType() == DType.F32
                    && o.outputType() == DType.F32,
                Aspect.DTYPE,
                "takes only f32"),
            require(
                (o.layout() == Layout.NCHW && o.filterLayout() == Layout.NCHW)
                    || (c.channels() == 1 && c.filters() == 1),
                Aspect.LAYOUT,
                "takes only NCHW"),
            require(c.border() == Border.ZEROS, Aspect.BORDER, "takes only zeros"),
            require(c.stride().equals(Axes.ONES), Aspect.SHAPE, "takes only stride 1"),
            require(c.dilation().equals(Axes.ONES), Aspect.SHAPE, "takes only dilation 1"),
            require(
                c.input().d() == 1 && c.output().d() == 1 && c.filter().d() == 1,
                Aspect.SHAPE,
                "takes only one and two spatial axes"),
            require(
                c.filter().product() >= FEWEST_TAPS,
                Aspect.SHAPE,
                "takes only filters of " + FEWEST_TAPS + " taps and more"),
            require(
                halfInside(c, 1) && halfInside(c, 2),
                Aspect.SHAPE,
                "takes only padding up to half the filter, and inputs at least as large"));
    return no != null
        ? no
        : require(FftTiling.of(c) != null, Aspect.SHAPE, "takes only filters that fit a tile");
  }

  /**
   * Returns whether every output has half of the taps on an axis inside the input. The bound of a
   * sum with few terms is narrow, and its error here is that of its neighbours.
   */
  private static boolean halfInside(Convolution c, int axis) {
    long taps = c.filter().get(axis);
    return c.padBegin().get(axis) <= taps / 2
        && c.padEnd().get(axis) <= taps / 2
        && c.input().get(axis) >= taps;
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    double seconds = seconds(problem);
    return new Verdict.Yes(
        executable(problem, seconds).workspaceBytes(false),
        seconds,
        ERROR_FACTOR,
        true,
        List.of("a NaN or an infinity spreads"));
  }

  private double seconds(ConvProblem problem) {
    Convolution c = problem.convolution();
    double cycles = Objects.requireNonNull(FftTiling.of(c)).cycles() * c.batch() * c.filters();
    return CostModel.streamed(cycles, operandBytes(problem), BYTES_PER_SECOND);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem, seconds(problem));
  }

  private FftExecutable executable(ConvProblem problem, double seconds) {
    int participants = Math.min(context().workers().threads(), CostModel.participants(seconds));
    FftTiling tiling = Objects.requireNonNull(FftTiling.of(problem.convolution()));
    return new FftExecutable(problem, tiling, context().workers(), participants);
  }
}
