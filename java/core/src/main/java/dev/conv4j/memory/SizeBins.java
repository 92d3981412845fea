package dev.conv4j.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Free chunks by size: a sorted array of the sizes seen, each with a stack of its chunks. A network
 * asks for few sizes over and over, so taking an exact fit is a binary search and a pop, and makes
 * no garbage. Guarded by the pool's lock.
 */
final class SizeBins {

  /** The chunks of one size, newest first: its memory is the likeliest to be in a cache. */
  static final class Bin {
    private @Nullable Chunk newest;
  }

  private long[] sizes = new long[16];
  private Bin[] bins = new Bin[16];
  private int count;

  void add(Chunk chunk) {
    int at = Arrays.binarySearch(sizes, 0, count, chunk.bytes);
    Bin bin = at >= 0 ? bins[at] : insert(-at - 1, chunk.bytes);
    chunk.bin = bin;
    chunk.older = bin.newest;
    if (bin.newest != null) {
      bin.newest.newer = chunk;
    }
    bin.newest = chunk;
  }

  void remove(Chunk chunk) {
    Bin bin = chunk.bin;
    if (bin == null) {
      throw new IllegalStateException("not in a bin: " + chunk);
    }
    if (chunk.newer == null) {
      bin.newest = chunk.older;
    } else {
      chunk.newer.older = chunk.older;
    }
    if (chunk.older != null) {
      chunk.older.newer = chunk.newer;
    }
    chunk.newer = null;
    chunk.older = null;
    chunk.bin = null;
  }

  /** Takes the smallest chunk of at least {@code least} and at most {@code most} bytes. */
  @Nullable Chunk take(long least, long most) {
    int at = Arrays.binarySearch(sizes, 0, count, least);
    for (int i = at >= 0 ? at : -at - 1; i < count && sizes[i] <= most; i++) {
      Chunk newest = bins[i].newest;
      if (newest != null) {
        remove(newest);
        return newest;
      }
    }
    return null;
  }

  /** Takes the largest chunk. */
  @Nullable Chunk takeLargest() {
    for (int i = count - 1; i >= 0; i--) {
      Chunk newest = bins[i].newest;
      if (newest != null) {
        remove(newest);
        return newest;
      }
    }
    return null;
  }

  /** Returns the size of the largest chunk, 0 when there is none. */
  long largest() {
    for (int i = count - 1; i >= 0; i--) {
      if (bins[i].newest != null) {
        return sizes[i];
      }
    }
    return 0;
  }

  void clear() {
    Arrays.fill(bins, 0, count, null);
    count = 0;
  }

  /** Sizes that have no chunk any more are dropped only here, when their places are needed. */
  private Bin insert(int at, long size) {
    if (count == sizes.length) {
      dropEmpty();
      if (count > sizes.length / 2) {
        sizes = Arrays.copyOf(sizes, 2 * sizes.length);
        bins = Arrays.copyOf(bins, 2 * bins.length);
      }
      at = -Arrays.binarySearch(sizes, 0, count, size) - 1;
    }
    System.arraycopy(sizes, at, sizes, at + 1, count - at);
    System.arraycopy(bins, at, bins, at + 1, count - at);
    sizes[at] = size;
    bins[at] = new Bin();
    count++;
    return bins[at];
  }

  private void dropEmpty() {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (bins[i].newest != null) {
        sizes[kept] = sizes[i];
        bins[kept++] = bins[i];
      }
    }
    Arrays.fill(bins, kept, count, null);
    count = kept;
  }
}
