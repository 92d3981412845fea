package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterCommandTest {

  private static final String LAKE = "../../docs/images/lake.png";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gaussian:1.5",
        "box:4",
        "sharpen",
        "emboss",
        "sobel",
        "laplacian",
        "edges",
        "corners"
      })
  void everyKernelMakesAPictureOfTheSameSize(String kernel) throws IOException {
    Path out = folder.resolve("out.png");
    CommandLineRun run = filter(LAKE, out, kernel);
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.out().startsWith(out + ": 256x192 RGB, 8 bits, " + kernel + " on fake:0 with plain, "),
        run.out());
    BufferedImage image = ImageIO.read(out.toFile());
    assertEquals(256, image.getWidth());
    assertEquals(192, image.getHeight());
  }

  @Test
  void inputAndOutputMayBeTheSameFile() throws IOException {
    Path file = Files.copy(Path.of(LAKE), folder.resolve("same.png"));
    assertEquals(0, filter(file.toString(), file, "sobel").code());
    assertEquals(BufferedImage.TYPE_BYTE_GRAY, ImageIO.read(file.toFile()).getType());
  }

  @Test
  void lostTransparencyIsSaid() throws IOException {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
    Path file = folder.resolve("clear.png");
    ImageIO.write(image, "png", file.toFile());
    CommandLineRun run = filter(file.toString(), folder.resolve("o.jpg"), "box:2");
    assertEquals(0, run.code());
    assertTrue(run.err().contains("no transparency"), run.err());
  }

  @ParameterizedTest
  @CsvSource({
    "nothing.png, out.png, sobel, is not there",
    LAKE + ", out.gif, sobel, ending in .png",
    LAKE + ", no/such/out.png, sobel, does not exist",
    LAKE + ", out.png, nobel, kernel is 'nobel'",
    LAKE + ", out.png, gaussian:0, SIGMA",
    "pom.xml, out.png, sobel, neither PNG nor JPEG"
  })
  void badInputLeavesNothingBehind(String in, String out, String kernel, String hint)
      throws IOException {
    CommandLineRun run = filter(in, folder.resolve(out), kernel);
    assertEquals(2, run.code());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(hint), run.err());
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
    assertFalse(Files.exists(folder.resolve(out)));
  }

  private static CommandLineRun filter(String in, Path out, String kernel) {
    return CommandLineRun.of("filter", in, out.toString(), "--kernel", kernel, "--device", "fake");
  }
}
