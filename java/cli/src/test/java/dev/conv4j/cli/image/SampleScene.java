package dev.conv4j.cli.image;

import java.nio.file.Path;

/**
 * Draws {@code docs/images/lake.png}: a sailing boat on a mountain lake at dusk. It has what shows
 * a filter's effect: soft gradients, texture, straight edges and corners. Run {@code main} with the
 * file's name to draw it again.
 */
final class SampleScene {

  static final int WIDTH = 256;
  static final int HEIGHT = 192;

  private static final int SUPERSAMPLES = 4;
  private static final double HORIZON = 112;
  private static final double SUN_X = 206;
  private static final double SUN_Y = 30;

  private SampleScene() {}

  public static void main(String[] args) {
    PictureWriter.to(Path.of(args[0])).write(draw());
  }

  /** Returns the picture. */
  static Picture draw() {
    float[] samples = new float[3 * WIDTH * HEIGHT];
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        double[] sum = new double[3];
        for (int i = 0; i < SUPERSAMPLES * SUPERSAMPLES; i++) {
          int row = i / SUPERSAMPLES;
          double u = x + (i - row * SUPERSAMPLES + 0.5) / SUPERSAMPLES;
          double v = y + (row + 0.5) / SUPERSAMPLES;
          double[] colour = colour(u, v);
          for (int c = 0; c < 3; c++) {
            sum[c] += colour[c];
          }
        }
        for (int c = 0; c < 3; c++) {
          samples[(c * HEIGHT + y) * WIDTH + x] =
              (float) Math.clamp(sum[c] / (SUPERSAMPLES * SUPERSAMPLES), 0.0, 1.0);
        }
      }
    }
    return new Picture(WIDTH, HEIGHT, 3, samples, null, 8);
  }

  private static double[] colour(double x, double y) {
    double[] boat = boat(x, y);
    if (boat != null) {
      return boat;
    }
    double[] jetty = jetty(x, y);
    if (jetty != null) {
      return jetty;
    }
    return y < HORIZON ? land(x, y) : water(x, y);
  }

  private static double[] land(double x, double y) {
    double near = 96 - 30 * noise(x / 46, 1) - 8 * noise(x / 11, 2) + 14 * StrictMath.sin(x / 60);
    if (y > near) {
      double shade = 0.75 + 0.5 * noise2(x / 5, y / 4);
      return new double[] {0.13 * shade, 0.17 * shade, 0.2 * shade};
    }
    double far = 74 - 36 * noise(x / 58, 3) - 9 * noise(x / 13, 4);
    if (y > far) {
      double snow = y < far + 7 + 5 * noise(x / 6, 5) ? 1 : 0;
      double haze = (y - far) / 60;
      return mix(rgb(0.33, 0.34, 0.47), rgb(0.93, 0.83, 0.82), Math.max(0.85 * snow, haze));
    }
    return sky(x, y);
  }

  private static double[] sky(double x, double y) {
    double[] sky = mix(rgb(0.2, 0.29, 0.55), rgb(0.98, 0.72, 0.5), y / HORIZON);
    double distance = StrictMath.hypot(x - SUN_X, y - SUN_Y);
    double glow = StrictMath.exp(-distance / 22);
    double cloud = Math.max(0, noise2(x / 38, y / 9) - 0.5) * 1.3;
    double[] lit = mix(sky, rgb(1, 0.86, 0.72), cloud);
    return distance < 9 ? rgb(1, 0.96, 0.8) : mix(lit, rgb(1, 0.85, 0.55), 0.8 * glow);
  }

  private static double[] water(double x, double y) {
    double depth = y - HORIZON;
    double ripple = (noise2(x / 14, y * 1.1) - 0.5) * (2 + depth / 6);
    double[] mirrored = land(x + 3 * ripple, Math.max(0, HORIZON - 1.1 * depth + ripple));
    double[] tinted = mix(mirrored, rgb(0.08, 0.16, 0.27), 0.35 + depth / 260);
    double streak = StrictMath.exp(-Math.abs(x - SUN_X + 2 * ripple) / (4 + depth / 4));
    double sparkle = noise2(x / 4, y / 1.2) > 0.55 ? streak : 0.25 * streak;
    return mix(tinted, rgb(1, 0.85, 0.6), 0.75 * sparkle);
  }

  private static double[] boat(double x, double y) {
    if (inTriangle(x, y, 92, 34, 92, 118, 138, 118)) {
      double shade = 1 - 0.22 * (y - 34) / 84;
      return Math.abs(y - 84) < 1.2 ? rgb(0.75, 0.18, 0.16) : rgb(shade, 0.97 * shade, 0.9 * shade);
    }
    if (inTriangle(x, y, 87, 46, 87, 117, 60, 117)) {
      return rgb(0.8, 0.22, 0.18);
    }
    if (x > 88.5 && x < 90.5 && y > 30 && y < 126) {
      return rgb(0.3, 0.2, 0.13);
    }
    double slant = (y - 122) * 0.9;
    if (y > 122 && y < 137 && x > 56 + slant && x < 146 - slant) {
      return y < 126 ? rgb(0.95, 0.94, 0.9) : rgb(0.12, 0.16, 0.3);
    }
    return null;
  }

  private static double[] jetty(double x, double y) {
    double far = 168 + (x - 150) * 0.06;
    boolean post = (x > 176 && x < 183) || (x > 226 && x < 235);
    if (post && y > far - 20 && y < far + 22) {
      return y < far - 17 ? rgb(0.85, 0.75, 0.6) : rgb(0.24, 0.15, 0.1);
    }
    if (x > 150 && y > far - 6 && y < far + 8) {
      boolean gap = Math.floorMod((long) Math.floor(x - 0.4 * y), 12) < 1.5;
      double grain = 0.85 + 0.3 * noise2(x / 9, y / 1.5);
      return gap ? rgb(0.12, 0.08, 0.06) : rgb(0.56 * grain, 0.4 * grain, 0.27 * grain);
    }
    return null;
  }

  private static boolean inTriangle(
      double x, double y, double ax, double ay, double bx, double by, double cx, double cy) {
    double one = side(x, y, ax, ay, bx, by);
    double two = side(x, y, bx, by, cx, cy);
    double three = side(x, y, cx, cy, ax, ay);
    return (one >= 0 && two >= 0 && three >= 0) || (one <= 0 && two <= 0 && three <= 0);
  }

  private static double side(double x, double y, double ax, double ay, double bx, double by) {
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax);
  }

  private static double[] rgb(double r, double g, double b) {
    return new double[] {r, g, b};
  }

  private static double[] mix(double[] a, double[] b, double share) {
    double t = Math.clamp(share, 0.0, 1.0);
    return rgb(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2]));
  }

  /** Smooth noise on a line, from 0 to 1. */
  private static double noise(double x, int row) {
    long cell = (long) Math.floor(x);
    double t = ease(x - cell);
    return hash(cell, row) * (1 - t) + hash(cell + 1, row) * t;
  }

  /** Smooth noise on a plane, from 0 to 1. */
  private static double noise2(double x, double y) {
    long row = (long) Math.floor(y);
    double t = ease(y - row);
    return noise(x, 100 + (int) row) * (1 - t) + noise(x, 101 + (int) row) * t;
  }

  private static double ease(double t) {
    return t * t * (3 - 2 * t);
  }

  /** The finaliser of MurmurHash3. */
  private static double hash(long x, long y) {
    long h = x * 0x9e3779b97f4a7c15L + y * 0xc2b2ae3d27d4eb4fL;
    h = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
    h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
    return ((h ^ h >>> 33) >>> 11) * 0x1p-53;
  }
}
