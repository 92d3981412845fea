package dev.conv4j.cli.bench;

import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Turn;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** The timing of one contender: rotates the copies of its operands and collects times. */
final class Lane {

  /** A sample shorter than this would measure the clock. */
  private static final double SHORTEST_SAMPLE = 100e-6;

  /** Short enough for the machine's noise to be shared by all contestants. */
  private static final int BURST = 5;

  private static final int MOST_REPEATS = 1000;
  private static final int WINDOW = 5;
  private static final double STABLE = 0.03;

  /** The JIT compiler works beside us: two equal windows at the start prove nothing. */
  private static final long SHORTEST_WARM_UP_NANOS = 200_000_000;

  /** It is done with a run only when it has had nothing to do for so long. */
  private static final long COMPILER_IDLE_NANOS = 500_000_000;

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  private final Contender contender;
  private final int sets;
  private int set;

  /** The first copy was run once for its check. */
  private int written = 1;

  private int repeats = 1;
  private double[] samples = new double[32];
  private int count;

  Lane(Contender contender, int sets) {
    this.contender = contender;
    this.sets = sets;
  }

  /**
   * Runs until the times of one window are as good as those of the window before, so that whatever
   * allocates or tunes at first has done so, and the compiler has been idle for a while; or until
   * the deadline.
   */
  void warmUp(long deadline) {
    long earliest = System.nanoTime() + SHORTEST_WARM_UP_NANOS;
    double before = Double.MAX_VALUE;
    long compiled = COMPILER.getTotalCompilationTime();
    while (true) {
      double[] window = new double[WINDOW];
      for (int i = 0; i < WINDOW; i++) {
        window[i] = time();
        if (System.nanoTime() > deadline) {
          return;
        }
      }
      Arrays.sort(window);
      double now = window[WINDOW / 2];
      repeats = (int) Math.clamp(Math.ceil(SHORTEST_SAMPLE / now), 1, MOST_REPEATS);
      if (now > before * (1 - STABLE) && System.nanoTime() > earliest) {
        return;
      }
      if (COMPILER.getTotalCompilationTime() != compiled) {
        compiled = COMPILER.getTotalCompilationTime();
        earliest = Math.max(earliest, System.nanoTime() + COMPILER_IDLE_NANOS);
      }
      before = now;
    }
  }

  /**
   * Takes a few samples. What ran in between has taken the caches for its own code, scratch and
   * operands; a program that runs this layer over and over does not see that, so a run that is not
   * counted comes first. The operands still rotate: they are cold for the L2 in every sample.
   *
   * @param spinning whether threads of another contestant may still wait for work
   */
  void sample(boolean spinning) {
    if (spinning) {
      Turn.begin(this::time);
    }
    time();
    for (int i = 0; i < BURST; i++) {
      if (count == samples.length) {
        samples = Arrays.copyOf(samples, 2 * count);
      }
      samples[count++] = time();
    }
  }

  private double time() {
    double seconds = contender.time(set, sets, repeats);
    written = Math.max(written, Math.min(sets, set + repeats));
    set = (set + repeats) % sets;
    return seconds / repeats;
  }

  /** Returns how many copies hold a result. */
  int setsWritten() {
    return written;
  }

  int count() {
    return count;
  }

  /** Returns the times, in seconds for one run. */
  Statistics statistics() {
    return Statistics.of(Arrays.copyOf(samples, count));
  }
}
