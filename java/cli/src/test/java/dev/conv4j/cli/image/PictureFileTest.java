package dev.conv4j.cli.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.InvalidArgumentException;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTest {

  @TempDir Path folder;

  @Test
  void thePictureInTheRepositoryIsWhatTheGeneratorDraws() {
    assertPicture(
        rounded(SampleScene.draw()), PictureReader.read(Path.of("../../docs/images/lake.png")));
  }

  @Test
  void sixteenBitsOfGraySurvive() throws IOException {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {0, 12345, 65535});
    Picture picture = PictureReader.read(written(image, "png"));
    assertEquals(16, picture.bits());
    assertEquals("3x1 gray, 16 bits", picture.describe());
    assertArrayEquals(new float[] {0, 12345 / 65535f, 1}, picture.samples());
    assertPicture(picture, writtenAndRead(picture, "again.png"));
  }

  @Test
  void sixteenBitsOfColourAndOpacitySurvive() {
    float step = 1 / 65535f;
    Picture picture =
        new Picture(
            2,
            1,
            3,
            new float[] {0, step, 2 * step, 3 * step, 1, 1 - step},
            new float[] {0, 4 * step},
            16);
    assertPicture(picture, writtenAndRead(picture, "rgba.png"));
  }

  @Test
  void grayWithOpacitySurvives() {
    Picture picture = new Picture(2, 1, 1, new float[] {0.2f, 1}, new float[] {0.4f, 0}, 8);
    assertPicture(picture, writtenAndRead(picture, "ga.png"));
  }

  @Test
  void grayIsTakenAsItLiesAndNotConverted() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {51, 102});
    assertArrayEquals(
        new float[] {0.2f, 0.4f}, PictureReader.read(written(image, "png")).samples());
  }

  @Test
  void palettesBecomeColoursWithTheirTransparentOne() throws IOException {
    byte[] red = {(byte) 255, 0, 51};
    byte[] green = {0, (byte) 255, 51};
    byte[] blue = {0, 0, (byte) 153};
    IndexColorModel palette = new IndexColorModel(8, 3, red, green, blue, 1);
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {0, 1, 2});
    Picture picture = PictureReader.read(written(image, "png"));
    assertEquals("3x1 RGB with alpha, 8 bits", picture.describe());
    assertArrayEquals(new float[] {1, 0, 1}, picture.alpha());
    assertEquals(1, picture.samples()[0]);
    assertEquals(0.2f, picture.samples()[2]);
    assertEquals(0.6f, picture.samples()[8]);
  }

  @Test
  void onlyBlackAndWhiteIsGray() throws IOException {
    BufferedImage image = new BufferedImage(9, 1, BufferedImage.TYPE_BYTE_BINARY);
    image.setRGB(8, 0, Color.WHITE.getRGB());
    Picture picture = PictureReader.read(written(image, "png"));
    assertEquals("9x1 gray, 8 bits", picture.describe());
    assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0, 0, 0, 1}, picture.samples());
  }

  @Test
  void jpegIsReadInItsColours() throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x3366cc);
    }
    Picture picture = PictureReader.read(written(image, "jpg"));
    assertEquals(3, picture.planes());
    assertEquals(0.2, picture.samples()[100], 0.02);
    assertEquals(0.4, picture.samples()[256 + 100], 0.02);
    assertEquals(0.8, picture.samples()[512 + 100], 0.02);
  }

  @Test
  void jpegIsLaidOverWhite() {
    float[] black = new float[64];
    float[] half = new float[64];
    java.util.Arrays.fill(half, 0.5f);
    Picture read = writtenAndRead(new Picture(8, 8, 1, black, half, 16), "flat.jpg");
    assertNull(read.alpha());
    assertEquals(8, read.bits());
    assertEquals(0.5, read.samples()[27], 0.01);
  }

  @Test
  void samplesBeyondBlackAndWhiteAreClipped() {
    Picture picture = new Picture(2, 1, 1, new float[] {-3, 3}, null, 8);
    assertArrayEquals(new float[] {0, 1}, writtenAndRead(picture, "clip.png").samples());
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg"})
  void aTruncatedFileIsRefusedWhereverItEnds(String format) throws IOException {
    Path whole = folder.resolve("whole." + format);
    PictureWriter.to(whole).write(SampleScene.draw());
    byte[] bytes = Files.readAllBytes(whole);
    for (int percent : new int[] {0, 1, 5, 30, 60, 90, 99}) {
      Path part = folder.resolve("part." + format);
      Files.write(part, java.util.Arrays.copyOf(bytes, bytes.length * percent / 100));
      InvalidArgumentException refused =
          assertThrows(
              InvalidArgumentException.class,
              () -> PictureReader.read(part),
              percent + " % of a " + format);
      assertTrue(refused.getMessage().contains("part." + format), refused.getMessage());
    }
  }

  @Test
  void aDamagedPngIsRefused() throws IOException {
    Path file = folder.resolve("damaged.png");
    PictureWriter.to(file).write(SampleScene.draw());
    byte[] bytes = Files.readAllBytes(file);
    java.util.Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 2000, (byte) 0x55);
    Files.write(file, bytes);
    assertThrows(InvalidArgumentException.class, () -> PictureReader.read(file));
  }

  @Test
  void aHeaderThatPromisesTooMuchIsRefusedBeforeAnythingIsAllocated() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(8 + 4 + 4 + 13 + 4);
    header.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10}).putInt(13);
    header.put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(100_000).putInt(100_000);
    header.put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(header.array(), 12, 17);
    header.putInt((int) crc.getValue());
    Path file = Files.write(folder.resolve("bomb.png"), header.array());
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> PictureReader.read(file));
    assertTrue(refused.getMessage().contains("100000x100000 pixels"), refused.getMessage());
  }

  @Test
  void whatIsNoPictureIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("text.png"), "not a picture");
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    Path gif = written(image, "gif");
    for (Path file : new Path[] {text, gif, folder, folder.resolve("nothing.png")}) {
      assertThrows(InvalidArgumentException.class, () -> PictureReader.read(file), file.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"out", "out.gif", "out.png.txt", "png"})
  void onlyKnownEndingsAreWritten(String name) {
    Path file = folder.resolve(name);
    assertThrows(InvalidArgumentException.class, () -> PictureWriter.to(file));
  }

  private Path written(BufferedImage image, String format) throws IOException {
    Path file = folder.resolve("in." + format);
    assertTrue(ImageIO.write(image, format, file.toFile()));
    return file;
  }

  private Picture writtenAndRead(Picture picture, String name) {
    PictureWriter.to(folder.resolve(name)).write(picture);
    return PictureReader.read(folder.resolve(name));
  }

  private static Picture rounded(Picture picture) {
    float[] samples = picture.samples().clone();
    for (int i = 0; i < samples.length; i++) {
      samples[i] = Math.round(samples[i] * 255) / 255f;
    }
    return picture.withSamples(picture.planes(), samples);
  }

  private static void assertPicture(Picture expected, Picture actual) {
    assertEquals(expected.describe(), actual.describe());
    assertArrayEquals(expected.samples(), actual.samples());
    assertArrayEquals(expected.alpha(), actual.alpha());
  }
}
