package dev.conv4j.cli.image;

import dev.conv4j.Engine;
import dev.conv4j.cli.output.Terminal;
import java.nio.file.Path;
import java.util.Locale;

/** Reads a picture, convolves it on a device, writes it. */
public final class ImageFilter {

  private ImageFilter() {}

  /**
   * Filters a file. Everything that can be wrong with the arguments is found before the device is
   * opened.
   *
   * @param input PNG or JPEG
   * @param output where to write, .png, .jpg or .jpeg
   * @param spelling the kernel
   * @param engines opens the device
   * @param terminal gets one line about what was done
   */
  public static void run(
      Path input,
      Path output,
      String spelling,
      java.util.function.Supplier<Engine> engines,
      Terminal terminal) {
    Kernel kernel = Kernel.parse(spelling);
    PictureWriter writer = PictureWriter.to(output);
    Picture picture = PictureReader.read(input);
    Picture filtered;
    Convolver convolver;
    String device;
    try (Engine engine = engines.get()) {
      device = engine.device().id();
      convolver = new Convolver(engine, picture);
      filtered = kernel.apply(picture, convolver);
    }
    if (convolver.usedReference()) {
      terminal.warn("a part ran on the slow reference algorithm: no fast kernel takes it");
    }
    if (writer.opaqueOnly() && filtered.alpha() != null) {
      terminal.warn("JPEG has no transparency; the picture is laid over white");
    }
    writer.write(filtered);
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %s, %s on %s with %s, %.1f ms%n",
            output,
            picture.describe(),
            spelling,
            device,
            convolver.algorithms(),
            convolver.seconds() * 1e3);
    terminal.out().flush();
  }
}
