package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Microkernel;

/**
 * What the products of one panel of filters with some tiles read ahead of the next panel: a share
 * with each of several tiles, evenly among all. Filters are read once for each block of points;
 * from memory that takes longer than one tile's arithmetic, and nothing else would go on meanwhile.
 *
 * @param at where the next panel begins, in bytes
 * @param shareBytes what one tile reads
 * @param shares tiles that read one; the rest of the panel is not read ahead
 * @param tiles all tiles
 * @param panelAt where the panel in use begins, which the other tiles read instead
 */
public record ReadAhead(long at, long shareBytes, int shares, int tiles, long panelAt) {

  /**
   * Spreads a panel over tiles.
   *
   * @param panelAt where the panel in use begins, in bytes
   * @param nextAt where the next one begins; {@code panelAt} where there is none
   * @param nextBytes its size
   * @param depth products of a tile's sums
   * @param tiles tiles that the panel in use is multiplied by
   */
  public static ReadAhead of(long panelAt, long nextAt, long nextBytes, int depth, int tiles) {
    long share = (long) depth * Microkernel.AHEAD_BYTES;
    int shares = nextAt == panelAt ? 0 : (int) Math.min(tiles, nextBytes / share);
    return new ReadAhead(nextAt, share, shares, tiles, panelAt);
  }

  /** Returns what a tile reads: its share, or again what it needs anyway. */
  public long position(int tile) {
    int before = tile * shares / tiles;
    boolean takesOne = (tile + 1) * shares / tiles > before;
    return takesOne ? at + before * shareBytes : panelAt;
  }
}
