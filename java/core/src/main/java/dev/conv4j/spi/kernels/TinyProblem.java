package dev.conv4j.spi.kernels;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import java.util.List;

/**
 * Small problems like a large one: the same direction, types, layouts and kind of filter, so that
 * the same code runs, in a millisecond. Odd extents, two rows of the batch, both an epilogue and
 * borders: the places where kernels go wrong.
 */
final class TinyProblem {

  /** Channels, extent, filters; in the third, whole vectors of both. */
  private static final int[][] SIZES = {{5, 7, 37}, {24, 12, 37}, {24, 12, 40}, {160, 16, 37}};

  private TinyProblem() {}

  /** Returns candidates, smallest first; an algorithm may refuse the smaller ones. */
  static List<ConvProblem> of(ConvProblem problem) {
    return java.util.Arrays.stream(SIZES)
        .map(size -> of(problem, size[0], size[1], size[2]))
        .toList();
  }

  private static ConvProblem of(ConvProblem problem, int channels, int extent, int filters) {
    Convolution v = problem.convolution();
    long groups = Math.min(v.groups(), v.isDepthwise() ? 9 : 2);
    long c = Math.min(v.channelsPerGroup(), channels);
    long k = Math.min(v.filtersPerGroup(), filters);
    long[][] axes = new long[7][3];
    for (int a = 0; a < 3; a++) {
      long filter = Math.min(v.filter().get(a), 7);
      long dilation = filter == 1 ? v.dilation().get(a) : Math.min(v.dilation().get(a), 2);
      long reach = (filter - 1) * dilation + 1;
      long input = Math.min(v.input().get(a), Math.max(extent, reach));
      long most = v.border() == Border.ZEROS ? reach - 1 : Math.min(reach, input) - 1;
      axes[0][a] = input;
      axes[1][a] = filter;
      axes[2][a] = Math.min(v.stride().get(a), 3);
      axes[3][a] = Math.min(v.padBegin().get(a), most);
      axes[4][a] = Math.min(v.padEnd().get(a), most);
      axes[5][a] = dilation;
      // A cropped problem must still hold its filter.
      long padded = input + axes[3][a] + axes[4][a];
      axes[0][a] += Math.max(0, reach - padded);
    }
    Convolution tiny =
        new Convolution(
            v.rank(),
            2,
            groups * c,
            groups * k,
            groups,
            axes(axes[0]),
            axes(axes[1]),
            axes(axes[2]),
            axes(axes[3]),
            axes(axes[4]),
            axes(axes[5]),
            v.border());
    return new ConvProblem(tiny, options(problem.options()));
  }

  private static Axes axes(long[] values) {
    return new Axes(values[0], values[1], values[2]);
  }

  private static ConvOptions options(ConvOptions options) {
    Quantization q = options.quantization();
    boolean integers = options.inputType().isInteger();
    boolean gradient = options.direction() == Direction.BACKWARD_FILTER;
    Epilogue epilogue =
        gradient
            ? Epilogue.NONE
            : integers ? Epilogue.BIAS : new Epilogue(true, true, Activation.RELU);
    return options.toBuilder()
        .epilogue(epilogue)
        .quantization(
            new Quantization(
                q.inputZero(),
                List.of(q.filterZeros().getFirst()),
                q.multipliers().isEmpty() ? List.of() : List.of(0.25f),
                q.outputZero()))
        .build();
  }
}
