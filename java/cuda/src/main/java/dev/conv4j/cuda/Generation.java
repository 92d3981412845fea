package dev.conv4j.cuda;

/**
 * What a multiprocessor of a generation does per clock, as its vendor's papers say, and the share
 * our kernels are expected to reach. Unmeasured, all of it: chosen by reasoning, for the order
 * between algorithms and tiles. A tuning measured on a device takes the place of what follows from
 * this.
 *
 * @param name for explanations
 * @param cores fused multiply-adds in f32
 * @param tensor operations in f16 on the tensor cores with f32 sums; half in TF32, twice in bytes
 * @param reached share of {@code tensor} that mma.sync gets; newer tensor cores give their full
 *     rate only to instructions of their own
 * @param residentThreads threads of a product's kernels that share a multiprocessor, as registers
 *     and shared memory allow
 */
record Generation(String name, int cores, int tensor, double reached, int residentThreads) {

  /** What the inner loop leaves for multiply-adds, by its instructions. */
  private static final double FMA_SHARE = 0.85;

  /** Returns the generation of a compute capability, 10·major + minor. */
  static Generation of(int capability) {
    if (capability < 80) {
      return new Generation("sm_75", 64, 1024, 0.7, 512);
    }
    if (capability < 86) {
      return new Generation("sm_80", 64, 2048, 0.7, 512);
    }
    if (capability < 90) {
      return new Generation("sm_86", 128, 1024, 0.7, 256);
    }
    if (capability < 100) {
      return new Generation("sm_90", 128, 4096, 0.55, 512);
    }
    return capability < 120
        ? new Generation("sm_100", 128, 8192, 0.3, 512)
        : new Generation("sm_120", 128, 1024, 0.7, 256);
  }

  /** Returns operations per clock of the kernels on the CUDA cores. */
  double simpleRate() {
    return 2 * cores * FMA_SHARE;
  }

  /**
   * Returns how long a number of equal blocks take, in units of what one of them takes of a
   * multiprocessor that is full. One that is not full has too few threads to hide what they wait
   * for; the root is a guess.
   */
  double waves(double blocks, int units, int threads) {
    int resident = Math.max(1, residentThreads / threads);
    double full = Math.floor(blocks / ((double) units * resident));
    double rest = Math.ceil(blocks / units - full * resident - 1e-9);
    return full * resident + Math.max(0, rest) / Math.sqrt(Math.max(1, rest) / resident);
  }

  /**
   * Returns operations per clock of the kernels on the tensor cores.
   *
   * @param bytes size of an operand's element
   */
  double tensorRate(int bytes) {
    return 2.0 * tensor / bytes * reached;
  }
}
