package dev.conv4j.cli.image;

import dev.conv4j.InvalidArgumentException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Reads PNG and JPEG, whole or not at all. */
final class PictureReader {

  private static final long MOST_PIXELS = 100_000_000;
  private static final int WIDE = 16;

  private PictureReader() {}

  /**
   * Reads a picture.
   *
   * @throws InvalidArgumentException if the file cannot be read, is no picture, is damaged, or is
   *     too large
   */
  static Picture read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw refused(file, Files.exists(file) ? "not a file" : "not there", "a PNG or JPEG file");
    }
    if (!Files.isReadable(file)) {
      throw refused(file, "not readable", "a readable file");
    }
    try (ImageInputStream stream = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      while (readers.hasNext()) {
        ImageReader reader = readers.next();
        String format = reader.getFormatName().toLowerCase(Locale.ROOT);
        if (format.equals("png") || format.equals("jpeg")) {
          return toPicture(decode(file, reader, stream));
        }
        reader.dispose();
      }
    } catch (IOException unreadable) {
      throw refused(file, "not readable: " + unreadable.getMessage(), "a readable file");
    }
    throw refused(file, "neither PNG nor JPEG", "one of them");
  }

  private static BufferedImage decode(Path file, ImageReader reader, ImageInputStream stream) {
    List<String> damage = new ArrayList<>();
    try {
      reader.setInput(stream, true, true);
      reader.addIIOReadWarningListener((source, warning) -> {
        if (tellsDamage(warning)) {
          damage.add(warning);
        }
      });
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      if (pixels > MOST_PIXELS) {
        throw refused(
            file,
            reader.getWidth(0) + "x" + reader.getHeight(0) + " pixels",
            "at most " + MOST_PIXELS / 1_000_000 + " million");
      }
      BufferedImage image = reader.read(0);
      if (!damage.isEmpty()) {
        throw refused(file, "damaged: " + damage.getFirst(), "a whole picture");
      }
      return image;
    } catch (IOException | RuntimeException broken) {
      // The decoders throw nearly anything on a damaged file.
      if (broken instanceof InvalidArgumentException known) {
        throw known;
      }
      throw refused(
          file,
          "damaged or of a kind that is not supported ("
              + (broken.getMessage() == null ? broken : broken.getMessage())
              + ")",
          "a whole PNG or JPEG file, gray or RGB");
    } finally {
      reader.dispose();
    }
  }

  /** The JPEG decoder fills what is missing with gray and only warns. */
  private static boolean tellsDamage(String warning) {
    String lower = warning.toLowerCase(Locale.ROOT);
    return lower.contains("premature") || lower.contains("corrupt") || lower.contains("truncated");
  }

  private static Picture toPicture(BufferedImage image) {
    return image.getColorModel() instanceof ComponentColorModel model
            && !model.isAlphaPremultiplied()
            && isPlain(model)
        ? fromRaster(image, model)
        : fromColours(image);
  }

  /** 8 or 16 bits of gray or RGB can be taken as they lie, without a colour conversion. */
  private static boolean isPlain(ComponentColorModel model) {
    int type = model.getColorSpace().getType();
    int transfer = model.getTransferType();
    return (type == ColorSpace.TYPE_GRAY || type == ColorSpace.TYPE_RGB)
        && (transfer == DataBuffer.TYPE_BYTE || transfer == DataBuffer.TYPE_USHORT);
  }

  private static Picture fromRaster(BufferedImage image, ComponentColorModel model) {
    Raster raster = image.getRaster();
    int width = image.getWidth();
    int height = image.getHeight();
    int planes = model.getNumColorComponents();
    int bits = model.getTransferType() == DataBuffer.TYPE_USHORT ? WIDE : 8;
    float white = (1 << model.getComponentSize(0)) - 1;
    float[] samples = new float[planes * width * height];
    float[] alpha = model.hasAlpha() ? new float[width * height] : null;
    int[] row = new int[width];
    for (int band = 0; band < raster.getNumBands(); band++) {
      float[] target = band < planes || alpha == null ? samples : alpha;
      int offset = band < planes ? band * width * height : 0;
      for (int y = 0; y < height; y++) {
        raster.getSamples(0, y, width, 1, band, row);
        for (int x = 0; x < width; x++) {
          target[offset + y * width + x] = row[x] / white;
        }
      }
    }
    return new Picture(width, height, planes, samples, alpha, bits);
  }

  /** Palettes and everything else: through 8-bit sRGB, gray when all of it is. */
  private static Picture fromColours(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    int pixels = width * height;
    int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
    boolean gray = true;
    boolean opaque = true;
    for (int colour : argb) {
      gray &= red(colour) == green(colour) && green(colour) == blue(colour);
      opaque &= alpha(colour) == 255;
    }
    int planes = gray ? 1 : 3;
    float[] samples = new float[planes * pixels];
    float[] alpha = opaque ? null : new float[pixels];
    for (int i = 0; i < pixels; i++) {
      samples[i] = red(argb[i]) / 255f;
      if (!gray) {
        samples[pixels + i] = green(argb[i]) / 255f;
        samples[2 * pixels + i] = blue(argb[i]) / 255f;
      }
      if (alpha != null) {
        alpha[i] = alpha(argb[i]) / 255f;
      }
    }
    return new Picture(width, height, planes, samples, alpha, 8);
  }

  private static int alpha(int argb) {
    return argb >>> 24;
  }

  private static int red(int argb) {
    return argb >> 16 & 0xff;
  }

  private static int green(int argb) {
    return argb >> 8 & 0xff;
  }

  private static int blue(int argb) {
    return argb & 0xff;
  }

  private static InvalidArgumentException refused(Path file, String what, String expectation) {
    return new InvalidArgumentException("image '" + file + "'", what, expectation);
  }
}
