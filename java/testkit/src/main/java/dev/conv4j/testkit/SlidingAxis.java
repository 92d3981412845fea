package dev.conv4j.testkit;

import dev.conv4j.Border;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One spatial axis, laid out literally: the padded line is written down as the input coordinates it
 * repeats, and the filter is slid along it until it no longer fits. Nothing here is a formula of an
 * extent or a border, so that nothing is shared with the code under test.
 */
final class SlidingAxis {

  /** Which of the three coordinates of a product is held fixed. */
  enum Fixed {
    OUTPUT,
    INPUT,
    TAP
  }

  /**
   * The products one fixed coordinate takes part in.
   *
   * @param first coordinates in the first operand
   * @param second coordinates in the second operand
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Pairs(int[] first, int[] second) {}

  private static final int ZERO = -1;

  private final int inputs;
  private final int taps;
  private final int outputs;
  private final int stride;
  private final int dilation;
  private final boolean flipped;
  private final int[] line;
  private final Fixed fixed;
  private final Map<Integer, Pairs> known = new HashMap<>();

  SlidingAxis(
      long inputs,
      long taps,
      long stride,
      long begin,
      long end,
      long dilation,
      Border border,
      boolean flipped,
      Fixed fixed) {
    this.inputs = Math.toIntExact(inputs);
    this.taps = Math.toIntExact(taps);
    this.stride = Math.toIntExact(stride);
    this.dilation = Math.toIntExact(dilation);
    this.flipped = flipped;
    this.fixed = fixed;
    this.line = paddedLine(this.inputs, Math.toIntExact(begin), Math.toIntExact(end), border);
    this.outputs = slide();
  }

  /** Counts the places where the filter fits on the padded line. */
  private int slide() {
    int count = 0;
    for (long start = 0; start + (long) (taps - 1) * dilation < line.length; start += stride) {
      count++;
    }
    return count;
  }

  int inputs() {
    return inputs;
  }

  int taps() {
    return taps;
  }

  int outputs() {
    return outputs;
  }

  /** Returns the input coordinate at each place of the padded line, -1 for a zero. */
  static int[] paddedLine(int inputs, int begin, int end, Border border) {
    int[] line = new int[begin + inputs + end];
    for (int i = 0; i < inputs; i++) {
      line[begin + i] = i;
    }
    Walker left = new Walker(inputs, 0, -1, border);
    for (int i = begin - 1; i >= 0; i--) {
      line[i] = left.next();
    }
    Walker right = new Walker(inputs, inputs - 1, 1, border);
    for (int i = begin + inputs; i < line.length; i++) {
      line[i] = right.next();
    }
    return line;
  }

  /** Walks off the edge of the input, one step at a time. */
  private static final class Walker {
    private final int inputs;
    private final Border border;
    private int at;
    private int step;

    Walker(int inputs, int at, int step, Border border) {
      this.inputs = inputs;
      this.at = at;
      this.step = step;
      this.border = border;
    }

    int next() {
      switch (border) {
        case ZEROS -> at = ZERO;
        case REPLICATE -> {
          // Stays where it is.
        }
        case REFLECT -> {
          if (at + step < 0 || at + step >= inputs) {
            step = -step;
          }
          at += step;
        }
        case CIRCULAR -> {
          at += step;
          if (at < 0) {
            at = inputs - 1;
          } else if (at >= inputs) {
            at = 0;
          }
        }
      }
      return at;
    }
  }

  /** Returns the products of one coordinate of the result. */
  Pairs pairs(int coordinate) {
    return known.computeIfAbsent(coordinate, this::collect);
  }

  private Pairs collect(int coordinate) {
    return switch (fixed) {
      case OUTPUT -> ofOutput(coordinate);
      case INPUT -> ofInput(coordinate);
      case TAP -> ofTap(coordinate);
    };
  }

  private Pairs ofOutput(int output) {
    Collector found = new Collector();
    for (int tap = 0; tap < taps; tap++) {
      int input = line[output * stride + tap * dilation];
      if (input != ZERO) {
        found.add(input, stored(tap));
      }
    }
    return found.pairs();
  }

  private Pairs ofInput(int input) {
    Collector found = new Collector();
    for (int place = 0; place < line.length; place++) {
      if (line[place] != input) {
        continue;
      }
      for (int tap = 0; tap < taps && tap * dilation <= place; tap++) {
        int start = place - tap * dilation;
        if (start % stride == 0 && start / stride < outputs) {
          found.add(start / stride, stored(tap));
        }
      }
    }
    return found.pairs();
  }

  private Pairs ofTap(int storedTap) {
    Collector found = new Collector();
    int tap = stored(storedTap);
    for (int output = 0; output < outputs; output++) {
      int input = line[output * stride + tap * dilation];
      if (input != ZERO) {
        found.add(input, output);
      }
    }
    return found.pairs();
  }

  /** Where a tap lies in the filter's array; the mapping is its own inverse. */
  private int stored(int tap) {
    return flipped ? taps - 1 - tap : tap;
  }

  private static final class Collector {
    private int[] first = new int[8];
    private int[] second = new int[8];
    private int size;

    void add(int a, int b) {
      if (size == first.length) {
        first = Arrays.copyOf(first, 2 * size);
        second = Arrays.copyOf(second, 2 * size);
      }
      first[size] = a;
      second[size++] = b;
    }

    Pairs pairs() {
      return new Pairs(Arrays.copyOf(first, size), Arrays.copyOf(second, size));
    }
  }
}
