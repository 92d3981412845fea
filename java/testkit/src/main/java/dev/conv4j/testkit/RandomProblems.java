package dev.conv4j.testkit;

import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.ConvolutionBuilder;
import dev.conv4j.InvalidArgumentException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Draws legal problems, biased to edges, and makes a failing one smaller. */
public final class RandomProblems {

  private static final long MOST_PRODUCTS = 300_000;
  private static final int[] EXTENTS = {1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 25};
  private static final int[] CHANNELS = {1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 65};
  private static final int[] TAPS = {1, 1, 2, 3, 3, 3, 4, 5, 7};

  private final SplittableRandom random;

  /**
   * @param seed the same seed draws the same problems
   */
  public RandomProblems(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Returns the seed in the property {@code conv4j.test.seed}, or a new one. */
  public static long seed() {
    Long given = Long.getLong("conv4j.test.seed");
    return given != null ? given : System.nanoTime() & 0xffff_ffffL;
  }

  /** Returns a legal problem. */
  public Convolution next() {
    while (true) {
      try {
        Convolution problem = draw();
        if (problem.flops() / 2 <= MOST_PRODUCTS) {
          return problem;
        }
      } catch (InvalidArgumentException illegal) {
        // The filter did not fit or a border reached too far: draw again.
      }
    }
  }

  private Convolution draw() {
    int rank = pick(1, 2, 2, 2, 2, 3);
    int groups = pick(1, 1, 1, 1, 2, 3, 4, 8);
    boolean depthwise = random.nextInt(8) == 0;
    int channels = depthwise ? pick(CHANNELS) : groups * pick(CHANNELS);
    ConvolutionBuilder builder =
        Convolution.builder()
            .batch(pick(1, 1, 1, 2, 3, 5))
            .channels(channels)
            .groups(depthwise ? channels : groups)
            .filters(depthwise ? channels * pick(1, 1, 2, 3) : groups * pick(CHANNELS))
            .input(axes(rank, EXTENTS))
            .filter(axes(rank, TAPS))
            .stride(axes(rank, 1, 1, 1, 2, 2, 3, 4))
            .dilation(axes(rank, 1, 1, 1, 1, 2, 3))
            .border(border());
    long[] pad = axes(rank, 0, 0, 1, 1, 2, 3);
    builder.padding(pad);
    if (random.nextInt(4) == 0) {
      builder.padEnd(axes(rank, 0, 1, 2, 4));
    }
    return builder.build();
  }

  private Border border() {
    Border[] all = Border.values();
    return random.nextInt(3) > 0 ? Border.ZEROS : all[random.nextInt(all.length)];
  }

  private long[] axes(int rank, int... choices) {
    long[] values = new long[rank];
    boolean same = random.nextInt(3) == 0;
    for (int i = 0; i < rank; i++) {
      values[i] = same && i > 0 ? values[0] : pick(choices);
    }
    return values;
  }

  private int pick(int... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /**
   * Makes a failing problem smaller, field by field, as long as it fails.
   *
   * @param failing the problem found
   * @param fails whether a problem fails
   */
  public static Convolution shrink(Convolution failing, Predicate<Convolution> fails) {
    Convolution smallest = failing;
    boolean shrunk = true;
    for (int tries = 0; shrunk && tries < 300; ) {
      shrunk = false;
      for (Convolution candidate : smaller(smallest)) {
        tries++;
        if (fails.test(candidate)) {
          smallest = candidate;
          shrunk = true;
          break;
        }
      }
    }
    return smallest;
  }

  /** Rewrites one number of the spelling at a time: to its least value, half, one less. */
  private static List<Convolution> smaller(Convolution problem) {
    String spelling = problem.toString();
    List<Convolution> found = new ArrayList<>();
    for (int start = 0; start < spelling.length(); start++) {
      boolean begins =
          Character.isDigit(spelling.charAt(start))
              && (start == 0 || !Character.isDigit(spelling.charAt(start - 1)));
      if (begins) {
        int end = start;
        while (end < spelling.length() && Character.isDigit(spelling.charAt(end))) {
          end++;
        }
        long value = Long.parseLong(spelling, start, end, 10);
        for (long less : new long[] {0, 1, value / 2, value - 1}) {
          if (less < value) {
            String text = spelling.substring(0, start) + less + spelling.substring(end);
            legal(text).forEach(found::add);
          }
        }
      }
    }
    return found;
  }

  private static Stream<Convolution> legal(String spelling) {
    try {
      return Stream.of(Convolution.parse(spelling));
    } catch (InvalidArgumentException illegal) {
      return Stream.empty();
    }
  }
}
