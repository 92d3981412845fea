package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Brings a source from memory that fits into the caches near a core: each thread reads its share of
 * it once, in the order it lies there, before blocks read it plane by plane. What a block needs of
 * a plane is over before the prefetchers are at full speed; on some machines one long stream comes
 * twice as fast. On others it does not, and a source that is near already would only be read once
 * too often: how long its first bytes take tells. That decides about time, never about a bit of the
 * result.
 */
final class SmallSource {

  /** In second-level caches. What they have no room for is in the third by then. */
  private static final long MOST = 2;

  /** What tells how far a share is, and the smallest one worth the question. */
  private static final long SAMPLE = 16 << 10;

  private static final long LEAST = 4 * SAMPLE;

  /** Bytes a nanosecond brings at most from memory; from caches two to four times as many come. */
  private static final double FAR = 30;

  /**
   * And at least where order matters: where a long stream is as slow as short runs, it does not.
   */
  private static final double STREAM = 18;

  private final MemorySegment source;
  private final Moves moves;

  /** Bytes that each thread reads, 0 where the source is none of these. */
  private final long share;

  private final boolean alone;
  private boolean read;

  /**
   * @param context the cores it is for
   * @param source x or dy
   * @param threads threads that share the run at most
   */
  SmallSource(CpuContext context, MemorySegment source, int threads, Moves moves) {
    long bytes = source.byteSize();
    boolean small = bytes <= MOST * context.processor().l2Bytes() && bytes / threads >= LEAST;
    this.source = source;
    this.moves = moves;
    this.share = small ? bytes / threads : 0;
    this.alone = threads == 1;
  }

  /**
   * Reads a thread's share unless it is near; to be called before the thread's first block.
   *
   * @param slot the thread's place
   * @param scratch the thread's own
   * @param at where a number may be left
   */
  void bring(int slot, MemorySegment scratch, long at) {
    if (share == 0) {
      return;
    }
    long begin = slot * share;
    long time = System.nanoTime();
    moves.touch(source, begin, SAMPLE, 0, 1, scratch, at);
    time = System.nanoTime() - time;
    if (time * FAR > SAMPLE && time * STREAM < SAMPLE) {
      moves.touch(source, begin + SAMPLE, share - SAMPLE, 0, 1, scratch, at);
      read = alone;
    }
  }

  /** Returns whether all of it has been read: a single thread's share is the whole. */
  boolean isRead() {
    return read;
  }
}
