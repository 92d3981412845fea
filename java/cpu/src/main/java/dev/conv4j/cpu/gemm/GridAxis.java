package dev.conv4j.cpu.gemm;

import dev.conv4j.Border;
import dev.conv4j.cpu.algorithm.Axis;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One spatial axis of a {@link Grid}: result points that all use the same taps, each at the same
 * distance from its point. Point i reads position {@code i·step + offset} of the source for each
 * tap, and is coordinate {@code resultStart + i·resultStep} of the result.
 *
 * @param count points
 * @param step distance in the source between neighbouring points
 * @param offsets the taps' positions in the source for point 0
 * @param taps the taps' places in the filter
 * @param extent the source's extent
 * @param border what lies outside the source
 * @param resultStart the first point's coordinate in the result
 * @param resultStep distance in the result between neighbouring points
 * @param resultExtent the result's extent
 */
public record GridAxis(
    long count,
    long step,
    List<Long> offsets,
    List<Integer> taps,
    long extent,
    Border border,
    long resultStart,
    long resultStep,
    long resultExtent) {

  /** Every output with every tap. */
  static GridAxis forward(Axis axis) {
    List<Integer> taps = IntStream.range(0, (int) axis.taps()).boxed().toList();
    return new GridAxis(
        axis.output(),
        axis.stride(),
        taps.stream().map(tap -> tap * axis.dilation() - axis.padBegin()).toList(),
        taps,
        axis.input(),
        axis.border(),
        0,
        1,
        axis.output());
  }

  /**
   * Every output, those in the middle with every tap, those whose taps are all on zeros around the
   * input with none.
   */
  static List<GridAxis> reached(Axis axis) {
    long first = axis.output();
    long end = 0;
    for (long tap = 0; tap < axis.taps(); tap++) {
      if (axis.firstOutputInside(tap) < axis.endOfOutputsInside(tap)) {
        first = Math.min(first, axis.firstOutputInside(tap));
        end = Math.max(end, axis.endOfOutputsInside(tap));
      }
    }
    GridAxis all = forward(axis);
    if (axis.border() != Border.ZEROS || end <= first || end - first == axis.output()) {
      return List.of(all);
    }
    List<GridAxis> parts = new ArrayList<>();
    parts.add(all.part(first, end, true));
    if (first > 0) {
      parts.add(all.part(0, first, false));
    }
    if (end < axis.output()) {
      parts.add(all.part(end, axis.output(), false));
    }
    return parts;
  }

  /** Returns the points from one to behind another, with all taps or none. */
  private GridAxis part(long from, long to, boolean all) {
    return new GridAxis(
        to - from,
        step,
        all ? offsets.stream().map(offset -> offset + from * step).toList() : List.of(),
        all ? taps : List.of(),
        extent,
        border,
        resultStart + from * resultStep,
        resultStep,
        resultExtent);
  }

  /**
   * Inputs as results of a sum over outputs. An input is reached only by taps that fit the stride,
   * the same ones for all inputs of a residue class: each class is an axis of its own, on which the
   * gradient is a convolution with stride 1 over some of the taps.
   */
  static List<GridAxis> backward(Axis axis) {
    List<GridAxis> classes = new ArrayList<>();
    long stride = axis.stride();
    for (long residue = 0; residue < Math.min(stride, axis.input()); residue++) {
      List<Long> offsets = new ArrayList<>();
      List<Integer> taps = new ArrayList<>();
      for (int tap = 0; tap < axis.taps(); tap++) {
        long position = residue + axis.padBegin() - tap * axis.dilation();
        if (Math.floorMod(position, stride) == 0) {
          offsets.add(Math.floorDiv(position, stride));
          taps.add(tap);
        }
      }
      classes.add(
          new GridAxis(
              Math.ceilDiv(axis.input() - residue, stride),
              1,
              offsets,
              taps,
              axis.output(),
              Border.ZEROS,
              residue,
              stride,
              axis.input()));
    }
    return classes;
  }

  /** Returns the same axis with a point at every position between the first and the last. */
  GridAxis dense() {
    long span = (count - 1) * step + 1;
    return new GridAxis(
        span, 1, offsets, taps, extent, border, resultStart, resultStep, resultExtent);
  }

  /** Returns whether points are all coordinates of the result, in order. */
  boolean isWhole() {
    return resultStep == 1 && count == resultExtent;
  }

  /** Returns the source coordinate at a position, or -1 for a zero. */
  long resolve(long position) {
    return border.resolve(position, extent);
  }

  /** Returns whether no tap of any point is outside the source. */
  boolean isInside() {
    return offsets.stream().allMatch(o -> o >= 0 && (count - 1) * step + o < extent);
  }
}
