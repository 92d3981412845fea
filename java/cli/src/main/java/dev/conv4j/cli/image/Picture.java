package dev.conv4j.cli.image;

import org.jspecify.annotations.Nullable;

/**
 * A picture as planes of samples, row by row; 0 is black, 1 is white. Samples are as the file codes
 * them (sRGB as a rule), which is what image tools convolve.
 *
 * @param width columns
 * @param height rows
 * @param planes 1 (gray) or 3 (red, green, blue)
 * @param samples plane after plane
 * @param alpha opacity, or null when everything is opaque
 * @param bits 8 or 16 for each sample in the file
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Picture(
    int width, int height, int planes, float[] samples, float @Nullable [] alpha, int bits) {

  /** Weights of red, green and blue in brightness: Rec. 601, as image tools use. */
  static final float[] LUMA = {0.299f, 0.587f, 0.114f};

  /** Returns the same picture with other colours. */
  Picture withSamples(int newPlanes, float[] newSamples) {
    return new Picture(width, height, newPlanes, newSamples, alpha, bits);
  }

  /** Returns the same picture with another opacity. */
  Picture withAlpha(float @Nullable [] newAlpha) {
    return new Picture(width, height, planes, samples, newAlpha, bits);
  }

  int pixels() {
    return width * height;
  }

  /** Returns what this is, for a person: {@code 512x512 RGB, 8 bits}. */
  String describe() {
    String kind = (planes == 1 ? "gray" : "RGB") + (alpha == null ? "" : " with alpha");
    return width + "x" + height + " " + kind + ", " + bits + " bits";
  }
}
