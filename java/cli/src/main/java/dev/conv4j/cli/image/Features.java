package dev.conv4j.cli.image;

import java.util.Arrays;

/** Kernels that show what is in a picture: gray results from its brightness. */
enum Features implements Kernel {
  /** A relief lit from the upper left; flat areas are middle gray. */
  EMBOSS {
    @Override
    float[] compute(float[] gray, Convolver convolver) {
      float[] relief = convolver.fan(gray, new Taps(3, 3, 2, 1, 0, 1, 0, -1, 0, -1, -2));
      return map(relief, v -> 0.5f + v / 2);
    }
  },

  /** The magnitude of the gradient (Sobel and Feldman); half a full step is white. */
  SOBEL {
    @Override
    float[] compute(float[] gray, Convolver convolver) {
      return map(magnitude(gradient(gray, convolver)), v -> v / 2);
    }
  },

  /** The magnitude of the second derivative. */
  LAPLACIAN {
    @Override
    float[] compute(float[] gray, Convolver convolver) {
      float[] curvature = convolver.fan(gray, new Taps(3, 3, 1, 1, 1, 1, -8, 1, 1, 1, 1));
      return map(curvature, Math::abs);
    }
  },

  /** The gradient of the slightly blurred picture, stretched so that clear edges are white. */
  EDGES {
    @Override
    float[] compute(float[] gray, Convolver convolver) {
      return stretched(magnitude(gradient(blurred(gray, convolver, 1.4), convolver)), 0.99);
    }
  },

  /** Harris and Stephens, "A combined corner and edge detector", 1988: bright where corners are. */
  CORNERS {
    @Override
    float[] compute(float[] gray, Convolver convolver) {
      float[] gradient = gradient(blurred(gray, convolver, 1), convolver);
      int pixels = gray.length;
      float[] products = new float[3 * pixels];
      for (int i = 0; i < pixels; i++) {
        products[i] = gradient[i] * gradient[i];
        products[pixels + i] = gradient[pixels + i] * gradient[pixels + i];
        products[2 * pixels + i] = gradient[i] * gradient[pixels + i];
      }
      Taps window = Taps.gaussianRow(1.5);
      float[] tensor = convolver.each(convolver.each(products, 3, window), 3, window.transposed());
      float[] response = new float[pixels];
      for (int i = 0; i < pixels; i++) {
        float xx = tensor[i];
        float yy = tensor[pixels + i];
        float xy = tensor[2 * pixels + i];
        float trace = xx + yy;
        response[i] = Math.max(0, xx * yy - xy * xy - HARRIS * trace * trace);
      }
      // Responses go with the fourth power of contrast; the root makes weak corners visible too.
      return stretched(map(response, v -> (float) Math.sqrt(v)), 0.995);
    }
  };

  private static final float HARRIS = 0.05f;
  private static final Taps SOBEL_X = new Taps(3, 3, 1, 0, -1, 2, 0, -2, 1, 0, -1);

  abstract float[] compute(float[] gray, Convolver convolver);

  @Override
  public Picture apply(Picture picture, Convolver convolver) {
    float[] gray =
        picture.planes() == 1
            ? picture.samples()
            : convolver.mix(picture.samples(), picture.planes(), Picture.LUMA);
    return picture.withSamples(1, compute(gray, convolver));
  }

  /** A function of one sample. */
  private interface Curve {
    float at(float value);
  }

  private static float[] map(float[] values, Curve curve) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = curve.at(values[i]);
    }
    return result;
  }

  private static float[] blurred(float[] gray, Convolver convolver, double sigma) {
    Taps row = Taps.gaussianRow(sigma);
    return convolver.each(convolver.each(gray, 1, row), 1, row.transposed());
  }

  /** Returns two planes: the derivatives along rows and along columns. */
  private static float[] gradient(float[] gray, Convolver convolver) {
    return convolver.fan(gray, SOBEL_X, SOBEL_X.transposed());
  }

  private static float[] magnitude(float[] gradient) {
    float[] length = new float[gradient.length / 2];
    for (int i = 0; i < length.length; i++) {
      length[i] = (float) Math.hypot(gradient[i], gradient[length.length + i]);
    }
    return length;
  }

  /** Scales so that this share of the samples fits below white; an even picture stays black. */
  private static float[] stretched(float[] values, double share) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    float white = sorted[(int) (share * (sorted.length - 1))];
    float top = white > FAINTEST ? white : Math.max(sorted[sorted.length - 1], FAINTEST);
    return map(values, v -> v / top);
  }

  /** Below this, differences are rounding. */
  private static final float FAINTEST = 1e-4f;
}
