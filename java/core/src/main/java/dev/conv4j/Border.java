package dev.conv4j;

import java.util.Locale;

/**
 * What a filter sees where it reaches beyond the input. The names are those of the image and ML
 * literature.
 */
public enum Border {
  /** Zeros: {@code 0 0 | a b c | 0 0}. */
  ZEROS,
  /**
   * Mirror without repeating the edge: {@code c b | a b c | b a}. Padding must be smaller than the
   * extent.
   */
  REFLECT,
  /** The edge repeated: {@code a a | a b c | c c}. */
  REPLICATE,
  /** Periodic: {@code b c | a b c | a b}. Padding must not exceed the extent. */
  CIRCULAR;

  /** Returns the name used in a problem's spelling, in lower case. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Maps a coordinate to the input coordinate whose value it takes.
   *
   * @param position a coordinate, possibly outside {@code [0, extent)}, by less than the legal
   *     padding
   * @param extent the input's extent on this axis
   * @return the input coordinate, or -1 where the value is zero
   */
  public long resolve(long position, long extent) {
    if (position >= 0 && position < extent) {
      return position;
    }
    return switch (this) {
      case ZEROS -> -1;
      case REFLECT -> position < 0 ? -position : 2 * (extent - 1) - position;
      case REPLICATE -> position < 0 ? 0 : extent - 1;
      case CIRCULAR -> Math.floorMod(position, extent);
    };
  }
}
