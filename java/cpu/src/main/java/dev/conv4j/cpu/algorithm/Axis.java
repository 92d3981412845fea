package dev.conv4j.cpu.algorithm;

import dev.conv4j.Border;
import dev.conv4j.Convolution;

/**
 * One spatial axis of a convolution: which output, tap and input belong together. The position of a
 * tap is {@code output·stride - padding + tap·dilation}; positions outside the input are mapped
 * into it by the border rule.
 *
 * @param input the input's extent
 * @param taps the filter's extent
 * @param output the output's extent
 * @param stride distance between neighbouring outputs
 * @param padBegin padding before the input
 * @param padEnd padding behind it
 * @param dilation distance between neighbouring taps
 * @param border what the padding holds
 */
public record Axis(
    long input,
    long taps,
    long output,
    long stride,
    long padBegin,
    long padEnd,
    long dilation,
    Border border) {

  /** Where a walk over preimages ends. */
  public static final long END = Long.MAX_VALUE;

  /**
   * Returns one axis of a problem.
   *
   * @param axis 0 depth, 1 height, 2 width
   */
  public static Axis of(Convolution c, int axis) {
    return new Axis(
        c.input().get(axis),
        c.filter().get(axis),
        c.output().get(axis),
        c.stride().get(axis),
        c.padBegin().get(axis),
        c.padEnd().get(axis),
        c.dilation().get(axis),
        c.border());
  }

  /** Returns the position of an output's tap, possibly outside the input. */
  public long position(long out, long tap) {
    return out * stride - padBegin + tap * dilation;
  }

  /** Returns the input coordinate an output's tap reads, or -1 for a zero. */
  public long source(long out, long tap) {
    return border.resolve(position(out, tap), input);
  }

  /** Returns the first of an output's taps that is not before the input. */
  public long firstTapInside(long out) {
    return firstInside(position(out, 0), dilation, taps);
  }

  /** Returns one more than the last of an output's taps that is not behind the input. */
  public long endOfTapsInside(long out) {
    return Math.max(firstTapInside(out), endInside(position(out, 0), dilation, taps));
  }

  /** Returns the first output for which a tap is not before the input. */
  public long firstOutputInside(long tap) {
    return firstInside(position(0, tap), stride, output);
  }

  /** Returns one more than the last output for which a tap is not behind the input. */
  public long endOfOutputsInside(long tap) {
    return Math.max(firstOutputInside(tap), endInside(position(0, tap), stride, output));
  }

  private static long firstInside(long start, long step, long count) {
    return start >= 0 ? 0 : Math.min(count, Math.ceilDiv(-start, step));
  }

  private long endInside(long start, long step, long count) {
    return start >= input ? 0 : Math.min(count, (input - 1 - start) / step + 1);
  }

  /**
   * Returns the next position behind {@code after} whose value is that of an input coordinate, or
   * {@link #END}. The adjoint of the border rule gathers over these.
   *
   * @param after the position before, or {@link Long#MIN_VALUE} for the first
   */
  public long nextPreimage(long coordinate, long after) {
    if (border != Border.ZEROS) {
      for (long at = Math.max(after + 1, -padBegin); at < 0; at++) {
        if (border.resolve(at, input) == coordinate) {
          return at;
        }
      }
    }
    if (after < coordinate) {
      return coordinate;
    }
    if (border != Border.ZEROS) {
      for (long at = Math.max(after + 1, input); at < input + padEnd; at++) {
        if (border.resolve(at, input) == coordinate) {
          return at;
        }
      }
    }
    return END;
  }

  /** Returns the output one of whose taps is at a position, or -1 when there is none. */
  public long outputAt(long position, long tap) {
    long shifted = position + padBegin - tap * dilation;
    if (shifted < 0 || shifted % stride != 0) {
      return -1;
    }
    long out = shifted / stride;
    return out < output ? out : -1;
  }
}
