package dev.conv4j.cli.image;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Convolves planes on a device, to planes of the same size: the filter is mirrored (a true
 * convolution), its centre is tap {@code n/2} on each axis, and beyond the picture its edge goes
 * on. So do ImageMagick's {@code -morphology Convolve} and SciPy's {@code ndimage.convolve} with
 * mode {@code nearest}.
 */
final class Convolver {

  private static final long MOST_SAMPLES = 1L << 30;

  private final Engine engine;
  private final int width;
  private final int height;
  private final Set<String> algorithms = new LinkedHashSet<>();
  private boolean reference;
  private long nanos;

  Convolver(Engine engine, Picture picture) {
    this.engine = engine;
    this.width = picture.width();
    this.height = picture.height();
  }

  /** Convolves each plane with the same filter. */
  float[] each(float[] samples, int planes, Taps taps) {
    float[] weights = new float[planes * taps.weights().length];
    for (int plane = 0; plane < planes; plane++) {
      System.arraycopy(
          taps.weights(), 0, weights, plane * taps.weights().length, taps.weights().length);
    }
    return run(samples, planes, planes, planes, taps.rows(), taps.columns(), weights);
  }

  /** Convolves one plane with several filters of one size; returns a plane for each. */
  float[] fan(float[] plane, Taps... filters) {
    int size = filters[0].weights().length;
    float[] weights = new float[filters.length * size];
    for (int i = 0; i < filters.length; i++) {
      System.arraycopy(filters[i].weights(), 0, weights, i * size, size);
    }
    return run(plane, 1, filters.length, 1, filters[0].rows(), filters[0].columns(), weights);
  }

  /** Mixes planes into one. */
  float[] mix(float[] samples, int planes, float... shares) {
    return run(samples, planes, 1, 1, 1, 1, shares);
  }

  private float[] run(
      float[] samples, int planes, int filters, int groups, int rows, int columns, float[] w) {
    long begin = System.nanoTime();
    Convolution problem =
        Convolution.builder()
            .channels(planes)
            .filters(filters)
            .groups(groups)
            .input(height + rows - 1, width + columns - 1)
            .filter(rows, columns)
            .build();
    ConvPlan plan =
        engine.plan(
            problem, ConvOptions.builder().flipped(true).fallback(FallbackPolicy.ALLOW).build());
    algorithms.add(plan.algorithm());
    reference |= plan.explain().reference();
    float[] extended = extended(samples, planes, rows, columns);
    try (Tensor x = engine.tensor(problem.inputShape(), extended);
        Tensor filter = engine.tensor(problem.filterShape(), w);
        Tensor y = plan.run(x, filter)) {
      float[] result = y.toFloatArray();
      nanos += System.nanoTime() - begin;
      return result;
    }
  }

  /**
   * Continues the edges by what the filter reaches beyond them. The engine has a border rule for
   * this, but many fast kernels take only zeros, and a picture is copied in no time.
   */
  private float[] extended(float[] samples, int planes, int rows, int columns) {
    if (rows == 1 && columns == 1) {
      return samples;
    }
    int wide = width + columns - 1;
    int high = height + rows - 1;
    long size = (long) wide * high * planes;
    if (size > MOST_SAMPLES) {
      throw new InvalidArgumentException(
          "image",
          width + "x" + height + " for a kernel of " + columns + "x" + rows,
          "at most 2^30 samples together with the edges that the kernel reaches");
    }
    float[] result = new float[(int) size];
    int at = 0;
    for (int plane = 0; plane < planes; plane++) {
      for (int y = 0; y < high; y++) {
        int row = Math.clamp(y - (rows - 1) / 2, 0, height - 1);
        int from = (plane * height + row) * width;
        for (int x = 0; x < wide; x++) {
          result[at++] = samples[from + Math.clamp(x - (columns - 1) / 2, 0, width - 1)];
        }
      }
    }
    return result;
  }

  /** Returns the ids of the algorithms that ran. */
  String algorithms() {
    return String.join(", ", algorithms);
  }

  /** Returns whether the slow reference was among them. */
  boolean usedReference() {
    return reference;
  }

  /** Returns the time spent so far: planning, copying to the device and back, convolving. */
  double seconds() {
    return nanos * 1e-9;
  }
}
