package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import java.util.concurrent.atomic.DoubleAdder;

/** What the cores attain at most: multiply-adds in registers, on every thread at once. */
public final class PeakRate {

  private static final int STEPS = 20_000;
  private static final int SAMPLES = 40;
  private static final int WARM_UP = 30;

  /** Keeps every value finite and the loop from being folded. */
  private static final float FACTOR = 0.999f;

  private PeakRate() {}

  /**
   * Returns the most operations for each second that any of some short samples showed.
   *
   * @param workers the threads
   * @param vectors whether the Vector API may be used
   */
  public static double measure(Workers workers, boolean vectors) {
    DoubleAdder sink = new DoubleAdder();
    int threads = workers.threads();
    double flops = 2.0 * STEPS * threads * (vectors ? vectorWidth() : PlainPeak.CHAINS);
    double best = 0;
    for (int sample = -WARM_UP; sample < SAMPLES; sample++) {
      long begin = System.nanoTime();
      // One item for each thread: a helper that comes late makes a sample slow, never fast.
      workers.run(threads, threads, (slot, item) -> sink.add(once(vectors)));
      double seconds = (System.nanoTime() - begin) * 1e-9;
      if (sample >= 0) {
        best = Math.max(best, flops / seconds);
      }
    }
    if (Double.isNaN(sink.sum())) {
      throw new IllegalStateException("the peak's loop left the numbers");
    }
    return best;
  }

  private static int vectorWidth() {
    return VectorPeak.CHAINS * Lanes.COUNT;
  }

  private static float once(boolean vectors) {
    return vectors ? VectorPeak.run(STEPS, FACTOR) : PlainPeak.run(STEPS, FACTOR);
  }
}
