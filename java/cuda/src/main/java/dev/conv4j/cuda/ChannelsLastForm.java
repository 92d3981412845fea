package dev.conv4j.cuda;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.KernelParams.FilterStrides;
import dev.conv4j.spi.kernels.KernelParams.Strides;
import java.util.List;

/**
 * A problem whose operands are copied channels last before they are multiplied, so that sums run
 * over whole vectors; the result is written as it is wanted.
 *
 * @param first the copy of the first operand
 * @param second that of the second
 * @param elementBytes the size of an element of both
 * @param views the products of the copies
 */
record ChannelsLastForm(
    ChannelsLastCopy first, ChannelsLastCopy second, int elementBytes, List<GemmView> views) {

  private static final int VECTOR_BYTES = 16;

  /** Returns a problem's form. */
  static ChannelsLastForm of(ConvProblem problem) {
    KernelParams p = KernelParams.plain(problem);
    ConvOptions options = problem.options();
    int bytes = CudaAlgorithm.firstType(options).bytes();
    long channels = padded(p.channels(), bytes);
    long filters = padded(p.filters(), bytes);
    ChannelsLastCopy x =
        ChannelsLastCopy.ofActivation(p, p.xStrides(), p.channels(), p.input().product(), channels);
    ChannelsLastCopy y =
        ChannelsLastCopy.ofActivation(p, p.yStrides(), p.filters(), p.output().product(), filters);
    Layout filterLayout = options.filterLayout();
    return switch (options.direction()) {
      case FORWARD -> {
        ChannelsLastCopy w = ChannelsLastCopy.ofFilter(p, filterLayout, channels);
        FilterStrides strides = w.filterStrides(p, options.flipped());
        yield of(x, w, bytes, with(p, channels, p.filters(), strides(x), p.yStrides(), strides));
      }
      case BACKWARD_DATA -> {
        ChannelsLastCopy w = ChannelsLastCopy.ofTurnedFilter(p, filters);
        FilterStrides strides = w.turnedStrides(p, filterLayout, options.flipped());
        yield of(y, w, bytes, with(p, p.channels(), filters, p.xStrides(), strides(y), strides));
      }
      case BACKWARD_FILTER ->
          of(x, y, bytes, with(p, p.channels(), p.filters(), strides(x), strides(y), p.wStrides()));
    };
  }

  private static ChannelsLastForm of(
      ChannelsLastCopy first, ChannelsLastCopy second, int bytes, KernelParams copied) {
    return new ChannelsLastForm(first, second, bytes, GemmView.of(copied, true, true));
  }

  /** Bytes have zero points, which what is padded would have to know. */
  private static long padded(long channels, int bytes) {
    int vector = VECTOR_BYTES / bytes;
    return bytes == DType.I8.bytes() ? channels : Grid.ceil(channels, vector) * vector;
  }

  private static Strides strides(ChannelsLastCopy copy) {
    return new Strides(copy.to().n(), 1, copy.to().pixel());
  }

  private static KernelParams with(
      KernelParams p, long channels, long filters, Strides x, Strides y, FilterStrides w) {
    return new KernelParams(
        p.batch(),
        p.groups(),
        channels,
        filters,
        p.input(),
        p.filter(),
        p.output(),
        p.stride(),
        p.pad(),
        p.dilation(),
        p.up(),
        x,
        y,
        w,
        p.problem());
  }

  /** Returns whether channels would be padded where every one of them is written. */
  static boolean padsResult(ConvProblem problem) {
    KernelParams p = KernelParams.plain(problem);
    int bytes = CudaAlgorithm.firstType(problem.options()).bytes();
    return problem.options().direction() == Direction.BACKWARD_FILTER
        && (padded(p.channels(), bytes) != p.channels()
            || padded(p.filters(), bytes) != p.filters());
  }

  /** Returns whether the second operand is a filter, which may be copied ahead. */
  static boolean packs(ConvProblem problem) {
    return problem.options().direction() != Direction.BACKWARD_FILTER;
  }

  long firstBytes() {
    return bytes(first);
  }

  long secondBytes() {
    return bytes(second);
  }

  private long bytes(ChannelsLastCopy copy) {
    // Whatever comes behind it begins where a vector may.
    return copy.isIdentity() ? 0 : Grid.ceil(copy.elements() * elementBytes, 256) * 256;
  }
}
