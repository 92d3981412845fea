package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Brings a source from memory that fits into the caches near a core: each thread reads its share of
 * it once, in the order it lies there, before blocks read it plane by plane. What a block needs of
 * a plane is over before the prefetchers are at full speed; one long stream comes twice as fast. A
 * source that is near already would only be read once too often: how long its first bytes take
 * tells. That decides about time, never about a bit of the result.
 */
final class SmallSource {

  /** In second-level caches. What they have no room for is in the third by then. */
  private static final long MOST = 2;

  /** What tells how far a share is, and the smallest one worth the question. */
  private static final long SAMPLE = 16 << 10;

  private static final long LEAST = 4 * SAMPLE;

  /** Bytes a nanosecond brings at most from memory; from caches two to four times as many come. */
  private static final double FAR = 30;

  private final MemorySegment source;
  private final Moves moves;

  /** For each slot whether it has yet to look at its share. */
  private final boolean[] unknown;

  private final boolean[] read;

  /**
   * @param context the cores it is for
   * @param source x or dy
   * @param threads threads that share the run at most
   */
  SmallSource(CpuContext context, MemorySegment source, int threads, Moves moves) {
    this.source = source;
    this.moves = moves;
    this.unknown = new boolean[threads];
    this.read = new boolean[threads];
    boolean small = source.byteSize() <= MOST * context.processor().l2Bytes();
    Arrays.fill(unknown, small && source.byteSize() / threads >= LEAST);
  }

  /**
   * Reads a thread's share unless it has been read or is near.
   *
   * @param slot the thread's place
   * @param scratch the thread's own
   * @param at where a number may be left
   * @return whether the whole source has now been read
   */
  boolean bring(int slot, MemorySegment scratch, long at) {
    if (unknown[slot]) {
      unknown[slot] = false;
      long share = source.byteSize() / unknown.length;
      long begin = slot * share;
      long time = System.nanoTime();
      moves.touch(source, begin, SAMPLE, 0, 1, scratch, at);
      if ((System.nanoTime() - time) * FAR > SAMPLE) {
        moves.touch(source, begin + SAMPLE, share - SAMPLE, 0, 1, scratch, at);
        read[slot] = unknown.length == 1;
      }
    }
    return read[slot];
  }
}
