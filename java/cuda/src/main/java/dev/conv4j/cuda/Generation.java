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
 * @param residentBlocks blocks of 256 threads that share a multiprocessor's time
 */
record Generation(String name, int cores, int tensor, double reached, int residentBlocks) {

  /** What the inner loop leaves for multiply-adds, by its instructions. */
  private static final double FMA_SHARE = 0.7;

  /** Returns the generation of a compute capability, 10·major + minor. */
  static Generation of(int capability) {
    if (capability < 80) {
      return new Generation("sm_75", 64, 1024, 0.7, 2);
    }
    if (capability < 86) {
      return new Generation("sm_80", 64, 2048, 0.7, 2);
    }
    if (capability < 90) {
      return new Generation("sm_86", 128, 1024, 0.7, 1);
    }
    if (capability < 100) {
      return new Generation("sm_90", 128, 4096, 0.55, 2);
    }
    return capability < 120
        ? new Generation("sm_100", 128, 8192, 0.3, 2)
        : new Generation("sm_120", 128, 1024, 0.7, 1);
  }

  /** Returns operations per clock of the kernels on the CUDA cores. */
  double simpleRate() {
    return 2 * cores * FMA_SHARE;
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
