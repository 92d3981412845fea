package dev.conv4j.cli.image;

import dev.conv4j.InvalidArgumentException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * A picture as classifiers want it: the shorter side scaled, the middle cut out, planes normalised
 * to {@code (sample·scale - mean) / deviation}.
 *
 * @param scale what white is before the mean is taken off
 * @param mean of each plane
 * @param deviation of each plane
 * @param bgr whether blue comes first
 * @param crop the part of the shorter side that is kept, such as 224/256
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record NetworkImage(float scale, float[] mean, float[] deviation, boolean bgr, float crop) {

  private static final float[] NONE = {0, 0, 0};
  private static final float[] ONE = {1, 1, 1};

  /** The usual part of the shorter side: 224 of 256. */
  private static final float CROP = 0.875f;

  /**
   * Returns a usual normalisation.
   *
   * @param name {@code imagenet} (mean and deviation of ImageNet), {@code unit} (0 to 1), {@code
   *     signed} (-1 to 1), {@code bytes} (0 to 255), {@code caffe} (blue first, 0 to 255 less the
   *     mean)
   */
  public static NetworkImage named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "imagenet" ->
          new NetworkImage(
              1,
              new float[] {0.485f, 0.456f, 0.406f},
              new float[] {0.229f, 0.224f, 0.225f},
              false,
              CROP);
      case "unit" -> new NetworkImage(1, NONE, ONE, false, CROP);
      case "signed" ->
          new NetworkImage(
              1, new float[] {.5f, .5f, .5f}, new float[] {.5f, .5f, .5f}, false, CROP);
      case "bytes" -> new NetworkImage(255, NONE, ONE, false, CROP);
      case "caffe" ->
          new NetworkImage(255, new float[] {103.939f, 116.779f, 123.68f}, ONE, true, CROP);
      default ->
          throw new InvalidArgumentException(
              "normalisation", "'" + name + "'", "imagenet, unit, signed, bytes or caffe");
    };
  }

  /**
   * Reads a picture.
   *
   * @param file PNG or JPEG
   * @param planes 1 or 3
   * @param height wanted rows
   * @param width wanted columns
   * @return the normalised samples, plane after plane
   */
  public float[] read(Path file, int planes, int height, int width) {
    if (planes != 1 && planes != 3) {
      throw new InvalidArgumentException("channels of the input", planes, "1 or 3 for a picture");
    }
    Picture picture = PictureReader.read(file);
    float[] out = new float[planes * height * width];
    for (int p = 0; p < planes; p++) {
      float[] plane = plane(picture, planes, bgr ? planes - 1 - p : p);
      float[] resized = resized(plane, picture.height(), picture.width(), height, width);
      for (int i = 0; i < resized.length; i++) {
        out[p * height * width + i] = (resized[i] * scale - mean[p]) / deviation[p];
      }
    }
    return out;
  }

  private static float[] plane(Picture picture, int planes, int index) {
    int pixels = picture.pixels();
    float[] samples = picture.samples();
    if (picture.planes() == 1) {
      return samples;
    }
    if (planes == 3) {
      return Arrays.copyOfRange(samples, index * pixels, (index + 1) * pixels);
    }
    float[] gray = new float[pixels];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < pixels; i++) {
        gray[i] += Picture.LUMA[c] * samples[c * pixels + i];
      }
    }
    return gray;
  }

  /** One scale for both axes; rows first, then columns. */
  private float[] resized(float[] plane, int h, int w, int height, int width) {
    double step = Math.min(h * (double) crop / height, w * (double) crop / width);
    float[] rows = new float[height * w];
    for (int y = 0; y < height; y++) {
      double centre = (y + 0.5 - height / 2.0) * step + h / 2.0;
      average(plane, 0, w, centre, step, h, rows, y * w, w, 1);
    }
    float[] out = new float[height * width];
    for (int x = 0; x < width; x++) {
      double centre = (x + 0.5 - width / 2.0) * step + w / 2.0;
      average(rows, 0, 1, centre, step, w, out, x, height, width);
    }
    return out;
  }

  /**
   * Weighs neighbours along one axis by a triangle as wide as a step, so that shrinking does not
   * alias (the filter Pillow calls bilinear).
   */
  private static void average(
      float[] from,
      int first,
      int stride,
      double centre,
      double step,
      int extent,
      float[] to,
      int at,
      int count,
      int next) {
    double reach = Math.max(1, step);
    int low = Math.max(0, (int) Math.floor(centre - reach));
    int high = Math.min(extent - 1, (int) Math.ceil(centre + reach));
    double total = 0;
    for (int k = low; k <= high; k++) {
      total += Math.max(0, 1 - Math.abs(k + 0.5 - centre) / reach);
    }
    int line = stride == 1 ? extent : 1;
    for (int k = low; k <= high; k++) {
      float weight = (float) (Math.max(0, 1 - Math.abs(k + 0.5 - centre) / reach) / total);
      for (int i = 0; weight != 0 && i < count; i++) {
        to[at + i * next] += weight * from[first + k * stride + i * line];
      }
    }
  }
}
