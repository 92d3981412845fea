package dev.conv4j.cuda;

import static dev.conv4j.cuda.IndexMap.narrow;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.Layout;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.KernelParams;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution as a matrix product, {@code y[row, column] = sum over i of a[row, i] * x[i,
 * column]}; see {@code gemm.cuh}, whose {@code GemmParams} this writes.
 *
 * @param plain the problem in its forward roles
 * @param sum the map of i: into x, and into a
 * @param column the map of the columns: into x, and into y
 * @param rows rows of one group
 * @param aRow elements of a for a row
 * @param yRow elements of y for a row
 * @param aGroup elements of a for a group
 * @param xGroup elements of x for a group
 * @param yGroup elements of y for a group
 * @param x extents of the gathered tensor
 * @param xPixel elements of x for a step along its width
 */
record GemmView(
    KernelParams plain,
    IndexMap sum,
    IndexMap column,
    long rows,
    long aRow,
    long yRow,
    long aGroup,
    long xGroup,
    long yGroup,
    Axes x,
    long xPixel) {

  /** The size of the parameter block in bytes: a multiple of 8, as its longs ask for. */
  static final int BYTES = KernelRun.BYTES + 2 * IndexMap.BYTES + 20 * 4;

  /** Neighbours in y that a thread stores at once. */
  private static final int STORED = 4;

  /**
   * Returns the same problem with all pixels in one row, if its filter is 1x1 and moves nothing:
   * then nothing depends on where a row ends.
   */
  static ConvProblem flat(ConvProblem problem) {
    Convolution v = problem.convolution();
    if (!v.isPointwise()) {
      return problem;
    }
    Axes row = new Axes(1, 1, v.input().product());
    return new ConvProblem(
        new Convolution(
            v.rank(),
            v.batch(),
            v.channels(),
            v.filters(),
            v.groups(),
            row,
            Axes.ONES,
            Axes.ONES,
            Axes.ZEROS,
            Axes.ZEROS,
            Axes.ONES,
            v.border()),
        problem.options());
  }

  /** Returns the products that make up a problem: one, or one for each phase of a gradient. */
  static List<GemmView> of(ConvProblem problem) {
    boolean last = problem.options().layout() == Layout.NHWC;
    boolean filterLast = problem.options().filterLayout() == Layout.NHWC;
    return of(KernelParams.plain(problem), last, filterLast);
  }

  /**
   * Returns the products of operands that lie in a certain way.
   *
   * @param p the problem in its forward roles
   * @param last whether channels of activations are neighbours, so that sums run over them first
   * @param filterLast whether those of a filter are, so that columns of its gradient run over them
   *     first
   */
  static List<GemmView> of(KernelParams p, boolean last, boolean filterLast) {
    return switch (p.problem().options().direction()) {
      case FORWARD -> List.of(forward(p, last));
      case BACKWARD_DATA -> backwardData(p, last);
      case BACKWARD_FILTER -> List.of(backwardFilter(p, last, filterLast));
    };
  }

  private static GemmView forward(KernelParams p, boolean last) {
    Axes none = Axes.ZEROS;
    IndexMap sum =
        new IndexMap(
            p.channels(),
            p.filter(),
            last,
            p.xStrides().channel(),
            p.dilation(),
            none,
            p.wStrides().channel(),
            pixels(p.filter(), p.wStrides().tap()),
            p.wStrides().base());
    IndexMap column =
        new IndexMap(
            p.batch(),
            p.output(),
            false,
            p.xStrides().batch(),
            p.stride(),
            negative(p.pad()),
            p.yStrides().batch(),
            pixels(p.output(), p.yStrides().pixel()),
            0);
    return new GemmView(
        p,
        sum,
        column,
        p.filters(),
        p.wStrides().filter(),
        p.yStrides().channel(),
        p.wStrides().group(),
        p.channels() * p.xStrides().channel(),
        p.filters() * p.yStrides().channel(),
        p.input(),
        p.xStrides().pixel());
  }

  private static GemmView backwardFilter(KernelParams p, boolean last, boolean filterLast) {
    GemmView forward = forward(p, last);
    // The two index spaces change places, and y's strides become those of a.
    IndexMap sum = forward.column;
    IndexMap taps = forward.sum;
    IndexMap column =
        new IndexMap(
            taps.outer(),
            taps.extents(),
            filterLast,
            taps.xOuter(),
            taps.step(),
            taps.base(),
            taps.otherOuter(),
            taps.other(),
            taps.otherBase());
    return new GemmView(
        p,
        sum,
        column,
        p.filters(),
        p.yStrides().channel(),
        p.wStrides().filter(),
        forward.yGroup,
        forward.xGroup,
        p.wStrides().group(),
        p.input(),
        p.xStrides().pixel());
  }

  /** One axis of one phase of a strided gradient: the positions {@code phase + stride·i}. */
  private record Phase(
      long begin, long positions, long firstTap, long tapStep, long taps, long base, long delta) {

    /**
     * Output o meets position d through tap t when {@code o·stride = d + pad - t·dilation}: every
     * {@code stride / gcd}-th tap from the first one that leaves no remainder.
     */
    static Phase of(KernelParams p, int axis, long begin) {
      long stride = p.stride().get(axis);
      long dilation = p.dilation().get(axis);
      long extent = p.input().get(axis);
      long step =
          stride / BigInteger.valueOf(stride).gcd(BigInteger.valueOf(dilation)).longValueExact();
      long first = 0;
      while (first < Math.min(step, p.filter().get(axis))
          && (begin + p.pad().get(axis) - first * dilation) % stride != 0) {
        first++;
      }
      boolean met = first < Math.min(step, p.filter().get(axis));
      long taps = met ? (p.filter().get(axis) - 1 - first) / step + 1 : 0;
      return new Phase(
          begin,
          (extent - begin + stride - 1) / stride,
          met ? first : 0,
          step,
          taps,
          met ? (begin + p.pad().get(axis) - first * dilation) / stride : 0,
          -step * dilation / stride);
    }
  }

  private static List<GemmView> backwardData(KernelParams p, boolean last) {
    List<GemmView> views = new ArrayList<>();
    for (long d = 0; d < Math.min(p.stride().d(), p.input().d()); d++) {
      for (long h = 0; h < Math.min(p.stride().h(), p.input().h()); h++) {
        for (long w = 0; w < Math.min(p.stride().w(), p.input().w()); w++) {
          views.add(phase(p, last, Phase.of(p, 0, d), Phase.of(p, 1, h), Phase.of(p, 2, w)));
        }
      }
    }
    return views;
  }

  private static GemmView phase(KernelParams p, boolean last, Phase d, Phase h, Phase w) {
    Axes tap = pixels(p.filter(), p.wStrides().tap());
    Axes pixel = pixels(p.input(), p.xStrides().pixel());
    IndexMap sum =
        new IndexMap(
            p.filters(),
            new Axes(d.taps, h.taps, w.taps),
            last,
            p.yStrides().channel(),
            new Axes(d.delta, h.delta, w.delta),
            Axes.ZEROS,
            p.wStrides().filter(),
            new Axes(tap.d() * d.tapStep, tap.h() * h.tapStep, tap.w() * w.tapStep),
            p.wStrides().base()
                + d.firstTap * tap.d()
                + h.firstTap * tap.h()
                + w.firstTap * tap.w());
    IndexMap column =
        new IndexMap(
            p.batch(),
            new Axes(d.positions, h.positions, w.positions),
            false,
            p.yStrides().batch(),
            Axes.ONES,
            new Axes(d.base, h.base, w.base),
            p.xStrides().batch(),
            new Axes(
                pixel.d() * p.stride().d(), pixel.h() * p.stride().h(), pixel.w() * p.stride().w()),
            d.begin * pixel.d() + h.begin * pixel.h() + w.begin * pixel.w());
    return new GemmView(
        p,
        sum,
        column,
        p.channels(),
        p.wStrides().channel(),
        p.xStrides().channel(),
        p.wStrides().group(),
        p.filters() * p.yStrides().channel(),
        p.channels() * p.xStrides().channel(),
        p.output(),
        p.yStrides().pixel());
  }

  /** Returns the distances in elements along each axis of dense extents. */
  private static Axes pixels(Axes extents, long last) {
    return new Axes(extents.h() * extents.w() * last, extents.w() * last, last);
  }

  private static Axes negative(Axes axes) {
    return new Axes(-axes.d(), -axes.h(), -axes.w());
  }

  long groups() {
    return plain.groups();
  }

  /** Returns whether neighbours of a in memory are neighbours in i rather than in row. */
  boolean aAlongSum() {
    return aRow != 1 || sum.otherRun() > rows;
  }

  /**
   * Returns the distance of rows of a for kernels. They form the addresses of rows behind the last
   * one too, which copy nothing but must be aligned; behind a single row any distance will do.
   */
  private long rowDistance() {
    return rows == 1 ? 0 : aRow;
  }

  /** Returns whether neighbours of x in memory are neighbours in i rather than in column. */
  boolean xAlongSum() {
    return sum.run(xPixel) > column.run(xPixel);
  }

  /** Returns the multiplications and additions of this product, padding included. */
  double flops() {
    return 2.0 * groups() * rows * column.count() * sum.count();
  }

  /**
   * Returns the parameter block.
   *
   * @param bytes what the kernel has to know of types
   * @param split parts of the sum
   * @param splitSum products of each part but the last
   */
  byte[] bytes(GemmBytes bytes, int split, long splitSum) {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    out.put(KernelRun.withTypes(plain.bytes(split), bytes.types(), plain.problem().options()));
    sum.put(out);
    column.put(out);
    out.putInt(narrow(rows)).putInt(narrow(rowDistance())).putInt(narrow(yRow));
    out.putInt(narrow(aGroup)).putInt(narrow(xGroup)).putInt(narrow(yGroup));
    out.putInt(narrow(x.d())).putInt(narrow(x.h())).putInt(narrow(x.w())).putInt(narrow(xPixel));
    out.putInt(narrow(groups())).putInt(split).putInt(narrow(splitSum));
    out.putInt(bytes.xFill()).putInt(bytes.aFlip()).putInt(bytes.xFlip());
    out.putInt(bytes.zeroPoints() ? 1 : 0);
    out.putInt(aAlongSum() ? 1 : 0).putInt(xAlongSum() ? 1 : 0);
    out.putInt(new GemmVectors(this, STORED).ofY() ? 1 : 0);
    return out.array();
  }
}
