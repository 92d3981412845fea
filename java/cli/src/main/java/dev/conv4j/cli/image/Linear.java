package dev.conv4j.cli.image;

import java.util.List;

/**
 * A convolution of every colour, in one pass or, where the filter is a product of a column and a
 * row, in two.
 *
 * @param passes the filters, applied one after the other
 * @param offset added at the end: 0.5 makes zero a middle gray
 */
record Linear(List<Taps> passes, float offset) implements Kernel {

  /** Below this opacity a colour is no longer known. */
  private static final float INVISIBLE = 1e-6f;

  static Linear of(Taps taps) {
    return new Linear(List.of(taps), 0);
  }

  /** Returns the blur whose rows and columns both have these weights. */
  static Linear blur(Taps row) {
    return new Linear(List.of(row, row.transposed()), 0);
  }

  @Override
  public Picture apply(Picture picture, Convolver convolver) {
    boolean smooths = passes.stream().allMatch(Taps::smooths);
    return picture.alpha() != null && smooths
        ? blurWithAlpha(picture, picture.alpha(), convolver)
        : picture.withSamples(
            picture.planes(), convolve(convolver, picture.samples(), picture.planes()));
  }

  /**
   * A mean of colours counts each by its opacity, or the colour hidden in transparent pixels would
   * show; opacity itself is blurred too. Filters with negative weights leave it alone: there is no
   * such mean.
   */
  private Picture blurWithAlpha(Picture picture, float[] alpha, Convolver convolver) {
    int pixels = picture.pixels();
    float[] visible = picture.samples().clone();
    for (int i = 0; i < visible.length; i++) {
      visible[i] *= alpha[i % pixels];
    }
    float[] colours = convolve(convolver, visible, picture.planes());
    float[] opacity = convolve(convolver, alpha, 1);
    for (int i = 0; i < colours.length; i++) {
      float weight = opacity[i % pixels];
      colours[i] = weight > INVISIBLE ? colours[i] / weight : 0;
    }
    return picture.withSamples(picture.planes(), colours).withAlpha(opacity);
  }

  private float[] convolve(Convolver convolver, float[] samples, int planes) {
    float[] result = samples;
    for (Taps taps : passes) {
      result = convolver.each(result, planes, taps);
    }
    if (offset != 0) {
      for (int i = 0; i < result.length; i++) {
        result[i] += offset;
      }
    }
    return result;
  }
}
