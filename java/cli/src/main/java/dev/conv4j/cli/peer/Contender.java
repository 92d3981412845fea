package dev.conv4j.cli.peer;

import java.lang.foreign.MemorySegment;

/**
 * A convolution made ready by one implementation: everything that happens once in a program (plans,
 * kernels, rearranged filters) is done, so that a run is what happens many times. Used by one
 * thread at a time.
 */
public interface Contender extends AutoCloseable {

  /**
   * Runs once and waits for the end.
   *
   * @param set which copy of the operands, from 0
   */
  void run(int set);

  /**
   * Runs several times, each with the next copy of the operands, and says how long it took. One
   * that lives in another process measures there, so that the way to it does not count.
   *
   * @param first the copy of the first run
   * @param sets copies to rotate through
   * @param times number of runs
   * @return seconds for all of them together
   */
  default double time(int first, int sets, int times) {
    int set = first;
    long begin = System.nanoTime();
    for (int i = 0; i < times; i++) {
      run(set);
      set = set + 1 == sets ? 0 : set + 1;
    }
    return (System.nanoTime() - begin) * 1e-9;
  }

  /**
   * Copies a result out.
   *
   * @param set which copy
   * @param y receives the result in logical order (N, K, space), in the output's type
   */
  void read(int set, MemorySegment y);

  /** Returns the scratch memory of one run in bytes, 0 when unknown. */
  default long scratchBytes() {
    return 0;
  }

  /**
   * Returns the rounding error as a multiple of that of a plain sum of products, at least 1: more
   * for Winograd and FFT.
   */
  default double errorFactor() {
    return 1;
  }

  @Override
  void close();
}
