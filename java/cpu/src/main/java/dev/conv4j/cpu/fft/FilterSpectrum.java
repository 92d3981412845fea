package dev.conv4j.cpu.fft;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Transforms filters, in double precision, since it happens once. What is stored is conjugate, for
 * a correlation, divided by the elements of a tile, and in the order {@link LaneTransform} leaves
 * elements in.
 */
final class FilterSpectrum {

  private final FftTiling tiling;
  private final int rows;
  private final int columns;
  private final boolean flipped;

  /**
   * @param rows rows of taps
   * @param columns taps in a row
   * @param flipped whether the last tap in memory is the first
   */
  FilterSpectrum(FftTiling tiling, int rows, int columns, boolean flipped) {
    this.tiling = tiling;
    this.rows = rows;
    this.columns = columns;
    this.flipped = flipped;
  }

  /** Returns the bytes of one filter's spectrum. */
  long bytes() {
    return tiling.elements() * 2L * Float.BYTES;
  }

  /** Transforms one filter. */
  void transform(MemorySegment filter, long at, MemorySegment spectrum, long to) {
    int width = tiling.width();
    double[] re = new double[tiling.elements()];
    double[] im = new double[tiling.elements()];
    int taps = rows * columns;
    for (int i = 0; i < taps; i++) {
      long source = at + 4L * (flipped ? taps - 1 - i : i);
      re[i / columns * width + i % columns] = filter.get(JAVA_FLOAT_UNALIGNED, source);
    }
    for (int y = 0; y < tiling.height(); y++) {
      forward(re, im, y * width, 1, width);
    }
    for (int x = 0; x < width; x++) {
      forward(re, im, x, width, tiling.height());
    }
    for (int i = 0; i < re.length; i++) {
      spectrum.set(JAVA_FLOAT_UNALIGNED, to + 8L * i, (float) (re[i] / re.length));
      spectrum.set(JAVA_FLOAT_UNALIGNED, to + 8L * i + 4, (float) (-im[i] / re.length));
    }
  }

  /** Gentleman and Sande's transform of a sequence with a step. */
  private static void forward(double[] re, double[] im, int from, int step, int size) {
    for (int half = size / 2; half >= 1; half /= 2) {
      for (int start = 0; start < size; start += 2 * half) {
        for (int k = 0; k < half; k++) {
          int a = from + (start + k) * step;
          int b = a + half * step;
          double cos = Math.cos(Math.PI * k / half);
          double sin = Math.sin(Math.PI * k / half);
          double dr = re[a] - re[b];
          double di = im[a] - im[b];
          re[a] += re[b];
          im[a] += im[b];
          re[b] = dr * cos + di * sin;
          im[b] = di * cos - dr * sin;
        }
      }
    }
  }
}
