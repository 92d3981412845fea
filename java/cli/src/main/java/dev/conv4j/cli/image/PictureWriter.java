package dev.conv4j.cli.image;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.output.OutputFile;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Writes PNG with the bits and the opacity of the original, or JPEG. */
final class PictureWriter {

  private static final float QUALITY = 0.92f;

  private final OutputFile file;
  private final boolean jpeg;

  private PictureWriter(OutputFile file, boolean jpeg) {
    this.file = file;
    this.jpeg = jpeg;
  }

  /**
   * Names the file, whose ending says the format.
   *
   * @throws InvalidArgumentException if the ending is none of .png, .jpg, .jpeg, or the file cannot
   *     be written
   */
  static PictureWriter to(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    boolean jpeg = name.endsWith(".jpg") || name.endsWith(".jpeg");
    if (!jpeg && !name.endsWith(".png")) {
      throw new InvalidArgumentException(
          "output file", "'" + path + "'", "a name ending in .png, .jpg or .jpeg");
    }
    return new PictureWriter(OutputFile.at(path), jpeg);
  }

  /** Returns whether the format has no opacity. */
  boolean opaqueOnly() {
    return jpeg;
  }

  /** Writes the picture; what has no opacity is laid over white. */
  void write(Picture picture) {
    BufferedImage image = image(jpeg ? flattened(picture) : picture, jpeg ? 8 : picture.bits());
    file.write(stream -> encode(image, stream));
  }

  private static Picture flattened(Picture picture) {
    float[] alpha = picture.alpha();
    if (alpha == null) {
      return picture;
    }
    float[] samples = picture.samples().clone();
    for (int i = 0; i < samples.length; i++) {
      float opacity = Math.clamp(alpha[i % alpha.length], 0f, 1f);
      samples[i] = Math.clamp(samples[i], 0f, 1f) * opacity + 1 - opacity;
    }
    return picture.withSamples(picture.planes(), samples).withAlpha(null);
  }

  private static BufferedImage image(Picture picture, int bits) {
    float[] alpha = picture.alpha();
    int type = bits == 16 ? DataBuffer.TYPE_USHORT : DataBuffer.TYPE_BYTE;
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(picture.planes() == 1 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB),
            alpha != null,
            false,
            alpha != null ? Transparency.TRANSLUCENT : Transparency.OPAQUE,
            type);
    WritableRaster raster = model.createCompatibleWritableRaster(picture.width(), picture.height());
    float white = (1 << bits) - 1;
    for (int plane = 0; plane < picture.planes(); plane++) {
      fill(raster, plane, picture.samples(), plane * picture.pixels(), white);
    }
    if (alpha != null) {
      fill(raster, picture.planes(), alpha, 0, white);
    }
    return new BufferedImage(model, raster, false, null);
  }

  private static void fill(
      WritableRaster raster, int band, float[] samples, int offset, float white) {
    int width = raster.getWidth();
    int[] row = new int[width];
    for (int y = 0; y < raster.getHeight(); y++) {
      for (int x = 0; x < width; x++) {
        row[x] = Math.round(Math.clamp(samples[offset + y * width + x], 0f, 1f) * white);
      }
      raster.setSamples(0, y, width, 1, band, row);
    }
  }

  private void encode(BufferedImage image, OutputStream stream) throws IOException {
    ImageWriter writer =
        ImageIO.getImageWriters(new ImageTypeSpecifier(image), jpeg ? "jpeg" : "png").next();
    try (ImageOutputStream target = ImageIO.createImageOutputStream(stream)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (jpeg) {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(QUALITY);
      }
      writer.setOutput(target);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
  }
}
