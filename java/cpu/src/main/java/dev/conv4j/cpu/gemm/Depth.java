package dev.conv4j.cpu.gemm;

/**
 * How the sums of a grid are cut: into segments of whole channels that keep panels within cache.
 * The cut depends on the problem alone; every element adds up its segments in ascending order, so
 * its bits are the same in any tile, on any thread and in any batch.
 *
 * @param channels channels summed over
 * @param taps taps of each point
 * @param segmentChannels channels in a segment but the last
 */
record Depth(int channels, int taps, int segmentChannels) {

  /**
   * Products in a segment: a block's tiles and a panel of 32 columns then share the second-level
   * cache. Fewer cost more for taking up the sums again.
   */
  private static final int MOST = 1152;

  static Depth of(int channels, int taps) {
    int most = Math.max(1, MOST / Math.max(1, taps));
    int segments = Math.ceilDiv(channels, most);
    return new Depth(channels, taps, Math.ceilDiv(channels, segments));
  }

  int segments() {
    return Math.ceilDiv(channels, segmentChannels);
  }

  int firstChannel(int segment) {
    return segment * segmentChannels;
  }

  int channelsIn(int segment) {
    return Math.min(segmentChannels, channels - firstChannel(segment));
  }

  /** Returns the products in a segment. */
  int depth(int segment) {
    return channelsIn(segment) * taps;
  }

  /** Returns the products before a segment. */
  long before(int segment) {
    return (long) firstChannel(segment) * taps;
  }

  /** Returns the most products in a segment. */
  int mostDepth() {
    return segmentChannels * taps;
  }

  /** Returns all products. */
  long total() {
    return (long) channels * taps;
  }
}
