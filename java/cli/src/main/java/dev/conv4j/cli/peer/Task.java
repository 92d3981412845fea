package dev.conv4j.cli.peer;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import java.lang.foreign.MemorySegment;

/**
 * One forward convolution to be made ready and timed. The segments are native, usable from any
 * thread, and live until {@code prepare} returns.
 *
 * @param problem the convolution
 * @param format types and memory order
 * @param threads CPU threads to use, 0 for one per physical core
 * @param sets copies of all operands to make; run number i uses copy {@code i % sets}
 * @param x the input in logical order (N, C, space), in the input's type
 * @param w the filter in logical order (K, C/groups, space), in the filter's type
 */
public record Task(
    Convolution problem, Format format, int threads, int sets, MemorySegment x, MemorySegment w) {

  /**
   * Types and memory order of a benchmark.
   *
   * @param input type of x
   * @param filter type of w
   * @param output type of y
   * @param layout memory order of all three
   */
  public record Format(DType input, DType filter, DType output, Layout layout) {

    /** Returns the types of a convolution whose input has this type: integers sum in i32. */
    public static Format of(DType type, Layout layout) {
      return switch (type) {
        case I8, U8 -> new Format(type, DType.I8, DType.I32, layout);
        default -> new Format(type, type, type, layout);
      };
    }
  }
}
