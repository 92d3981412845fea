package dev.conv4j.cli.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelTest {

  private static final float ULPS = 1e-6f;

  private static Engine engine;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    engine = Engine.open("fake");
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @Test
  void aPointBecomesTheKernelItself() throws IOException {
    // What a true convolution does; a correlation would mirror it.
    assertSamples(
        filtered(
            "1 2 3\n4 5 6\n", gray(5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
        0,
        0,
        0,
        0,
        0, //
        0,
        1,
        2,
        3,
        0, //
        0,
        4,
        5,
        6,
        0, //
        0,
        0,
        0,
        0,
        0);
  }

  @Test
  void beyondThePictureItsEdgeGoesOn() throws IOException {
    // SciPy: ndimage.convolve1d([1, 2, 4, 8], [1, 10, 100], mode='nearest')
    assertSamples(filtered("1 10 100", gray(4, 1, 2, 4, 8)), 112, 124, 248, 488);
    // ... and with [1, 10], whose centre is its second element
    assertSamples(filtered("1,10", gray(4, 1, 2, 4, 8)), 12, 24, 48, 88);
  }

  @Test
  void divisorOffsetAndCommentsAreRead() throws IOException {
    assertSamples(
        filtered("# mean\n1, 1\n\ndivisor 2 # of two\noffset 51\n", gray(3, 0, 1, 1)),
        0.7f,
        1.2f,
        1.2f);
  }

  @Test
  void boxIsTheMeanOfItsSquare() {
    assertSamples(apply("box:3", gray(3, 9, 0, 0, 0, 0, 0, 0, 0, 0)), 4, 2, 0, 2, 1, 0, 0, 0, 0);
    assertSamples(apply("box:1", gray(2, 3, 4, 5, 6)), 3, 4, 5, 6);
  }

  @Test
  void gaussianIsNormalisedSymmetricAndOfItsWidth() {
    float[] point = new float[41 * 41];
    point[20 * 41 + 20] = 1;
    float[] spread = apply("gaussian:3", new Picture(41, 41, 1, point, null, 8)).samples();
    double sum = 0;
    double variance = 0;
    for (int i = 0; i < spread.length; i++) {
      sum += spread[i];
      variance += spread[i] * Math.pow(i % 41 - 20, 2);
      assertEquals(spread[i], spread[spread.length - 1 - i], 1e-8f);
      assertEquals(spread[i], spread[i % 41 * 41 + i / 41], 1e-8f);
    }
    assertEquals(1, sum, 1e-5);
    // Below 9, since the tails beyond three standard deviations are cut off.
    assertEquals(8.8536, variance, 1e-3);
  }

  @Test
  void sharpenKeepsFlatAreasAndOvershootsAtASteps() {
    assertSamples(apply("sharpen", gray(4, 0.25f, 0.25f, 0.5f, 0.5f)), 0.25f, 0, 0.75f, 0.5f);
  }

  @Test
  void embossIsGrayWhereFlatAndLitFromTheUpperLeft() {
    float[] relief =
        apply("emboss", gray(4, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0)).samples();
    assertTrue(relief[5] > 0.5f, "upper left of the raised square");
    assertTrue(relief[10] < 0.5f, "lower right of the raised square");
    assertSamples(apply("emboss", gray(2, 0.3f, 0.3f, 0.3f, 0.3f)), 0.5f, 0.5f, 0.5f, 0.5f);
  }

  @Test
  void sobelIsTheLengthOfTheGradient() {
    // A step of 1/8 along a row: the two columns beside it have a gradient of 4/8, shown at half.
    assertSamples(
        apply("sobel", gray(4, 0, 0, 0.125f, 0.125f, 0, 0, 0.125f, 0.125f)),
        0,
        0.25f,
        0.25f,
        0,
        0,
        0.25f,
        0.25f,
        0);
    // A ramp both ways: 8 and 8 eighths of 1/64, by Pythagoras.
    float[] ramp = new float[9];
    for (int i = 0; i < 9; i++) {
      ramp[i] = (i % 3 + i / 3) / 64f;
    }
    assertEquals(
        Math.sqrt(2) * 8 / 64 / 2,
        apply("sobel", new Picture(3, 3, 1, ramp, null, 8)).samples()[4],
        ULPS);
  }

  @Test
  void laplacianIsTheMagnitudeOfTheCurvature() {
    assertSamples(
        apply("laplacian", gray(3, 0, 0, 0, 0, 0.1f, 0, 0, 0, 0)),
        0.1f,
        0.1f,
        0.1f,
        0.1f,
        0.8f,
        0.1f,
        0.1f,
        0.1f,
        0.1f);
  }

  @Test
  void coloursMixToBrightness() {
    Picture colours = new Picture(1, 1, 3, new float[] {1, 0.5f, 0.25f}, null, 8);
    Picture relief = apply("sobel", colours);
    assertEquals(1, relief.planes());
    Convolver convolver = new Convolver(engine, colours);
    float[] gray = convolver.mix(colours.samples(), 3, Picture.LUMA);
    assertArrayEquals(new float[] {0.299f + 0.2935f + 0.0285f}, gray, ULPS);
  }

  @Test
  void edgesAreWhiteOnBlack() {
    float[] edges = apply("edges", square()).samples();
    assertTrue(edges[16 * 32 + 8] > 0.9f, "on the edge");
    assertTrue(edges[16 * 32 + 16] < 0.05f, "inside");
    assertTrue(edges[2 * 32 + 2] < 0.05f, "outside");
  }

  @Test
  void cornersAreBrighterThanEdges() {
    float[] corners = apply("corners", square()).samples();
    assertTrue(corners[8 * 32 + 8] > 0.8f, "at the corner");
    assertTrue(corners[16 * 32 + 8] < 0.05f, "on the edge");
    assertTrue(corners[16 * 32 + 16] < 0.05f, "inside");
  }

  @ParameterizedTest
  @ValueSource(strings = {"edges", "corners", "sobel", "laplacian"})
  void anEvenPictureStaysBlack(String kernel) {
    float[] even = new float[64];
    java.util.Arrays.fill(even, 0.7f);
    for (float sample : apply(kernel, new Picture(8, 8, 1, even, null, 8)).samples()) {
      assertEquals(0, sample, 0.01f);
    }
  }

  @Test
  void coloursHiddenInTransparentPixelsDoNotShowWhenBlurred() {
    // Red and invisible beside green and opaque.
    Picture picture = new Picture(2, 1, 3, new float[] {1, 0, 0, 1, 0, 0}, new float[] {0, 1}, 8);
    Picture blurred = apply("box:3", picture);
    assertArrayEquals(new float[] {0, 0, 1, 1, 0, 0}, blurred.samples(), ULPS);
    assertArrayEquals(new float[] {1 / 3f, 2 / 3f}, blurred.alpha(), ULPS);
  }

  @Test
  void kernelsWithNegativeWeightsLeaveOpacityAlone() {
    float[] alpha = {0, 1, 0.5f};
    Picture picture = new Picture(3, 1, 1, new float[] {0.5f, 0.5f, 0.5f}, alpha, 8);
    assertArrayEquals(alpha, apply("sharpen", picture).alpha());
    assertArrayEquals(alpha, apply("sobel", picture).alpha());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "blur",
        "gaussian",
        "gaussian:",
        "gaussian:0",
        "gaussian:-1",
        "gaussian:x",
        "gaussian:NaN",
        "gaussian:1e9",
        "box",
        "box:0",
        "box:2.5",
        "box:99999999999",
        "sharpen:2",
        "Sobel",
        ""
      })
  void unknownKernelsAndParametersAreRefused(String spelling) {
    assertThrows(InvalidArgumentException.class, () -> Kernel.parse(spelling));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1 2\\n3            | line 2 is 1 numbers long; expected 2
          1 x 2             | line 1 is 'x'; expected numbers
          1 NaN             | line 1 is 'NaN'
          1 2\\ndivisor 0    | line 2: divisor is 0
          # nothing         | without numbers
          1,,2              | line 1 is ''
          """)
  void malformedKernelFilesAreRefusedWithTheirLine(String text, String hint) throws IOException {
    Path file = kernelFile(text.replace("\\n", "\n"));
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> Kernel.parse(file.toString()));
    assertTrue(refused.getMessage().contains(hint), refused.getMessage());
    assertFalse(refused.getMessage().contains("\n"));
  }

  @Test
  void kernelFilesAreBounded() throws IOException {
    Path wide = kernelFile("1 ".repeat(256));
    assertThrows(InvalidArgumentException.class, () -> Kernel.parse(wide.toString()));
    Path high = kernelFile("1\n".repeat(256));
    assertThrows(InvalidArgumentException.class, () -> Kernel.parse(high.toString()));
    Path huge = kernelFile(" ".repeat(2 << 20));
    assertThrows(InvalidArgumentException.class, () -> Kernel.parse(huge.toString()));
  }

  private Picture filtered(String kernel, Picture picture) throws IOException {
    return apply(kernelFile(kernel).toString(), picture);
  }

  private Path kernelFile(String text) throws IOException {
    return Files.writeString(folder.resolve("kernel.txt"), text);
  }

  private static Picture apply(String kernel, Picture picture) {
    return Kernel.parse(kernel).apply(picture, new Convolver(engine, picture));
  }

  private static Picture gray(int width, float... samples) {
    return new Picture(width, samples.length / width, 1, samples, null, 8);
  }

  /** A white square from 8 to 23 on black, 32 wide. */
  private static Picture square() {
    float[] samples = new float[32 * 32];
    for (int i = 0; i < samples.length; i++) {
      boolean inside = i % 32 >= 8 && i % 32 < 24 && i / 32 >= 8 && i / 32 < 24;
      samples[i] = inside ? 1 : 0;
    }
    return new Picture(32, 32, 1, samples, null, 8);
  }

  private static void assertSamples(Picture picture, float... expected) {
    assertArrayEquals(expected, picture.samples(), ULPS);
  }
}
