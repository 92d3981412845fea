package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Microkernel;

/**
 * What the products of one panel of filters with some tiles read ahead of the next panel: a share
 * with each of several tiles, evenly among all. Filters are read once for each block of points;
 * from memory that takes longer than one tile's arithmetic, and nothing else would go on meanwhile.
 *
 * @param at where the next panel begins, in bytes
 * @param shareBytes what one tile reads
 * @param step tiles that read one to all tiles, in parts of 2³²; the rest of the panel is not read
 *     ahead
 * @param panelAt where the panel in use begins, which the other tiles read instead
 */
public record ReadAhead(long at, long shareBytes, long step, long panelAt) {

  private static final int STEP_BITS = 32;

  /**
   * Spreads a panel over tiles.
   *
   * @param panelAt where the panel in use begins, in bytes
   * @param nextAt where the next one begins; {@code panelAt} where there is none
   * @param nextBytes its size
   * @param share what a tile reads: {@link Microkernel#aheadBytes} for each product of its sums
   * @param tiles tiles that the panel in use is multiplied by
   */
  public static ReadAhead of(long panelAt, long nextAt, long nextBytes, long share, int tiles) {
    long shares = nextAt == panelAt ? 0 : Math.min(tiles, nextBytes / share);
    // Rounded up, so that so many tiles make so many shares.
    return new ReadAhead(nextAt, share, Math.ceilDiv(shares << STEP_BITS, (long) tiles), panelAt);
  }

  /** Returns what a tile reads: its share, or again what it needs anyway. */
  public long position(int tile) {
    long before = (tile * step) >>> STEP_BITS;
    boolean takesOne = ((tile + 1) * step) >>> STEP_BITS > before;
    return takesOne ? at + before * shareBytes : panelAt;
  }
}
