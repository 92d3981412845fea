package dev.conv4j.cpu.algorithm;

import dev.conv4j.cpu.machine.Processor;
import dev.conv4j.cpu.thread.Workers;

/**
 * What every algorithm of one opened device shares.
 *
 * @param workers the threads
 * @param processor caches and cores, for block sizes
 * @param vectorBits width of the vectors, 0 where there are only plain loops
 */
public record CpuContext(Workers workers, Processor processor, int vectorBits) {

  /** Returns whether kernels may use the Vector API. */
  public boolean hasVectors() {
    return vectorBits > 0;
  }

  /** Returns the vector multiply-adds that a core begins in a cycle. */
  public int multiplyAdds() {
    return vectorBits == 512 && processor.splitsWideVectors() ? 1 : 2;
  }
}
