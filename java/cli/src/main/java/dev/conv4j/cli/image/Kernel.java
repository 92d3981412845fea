package dev.conv4j.cli.image;

import dev.conv4j.InvalidArgumentException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is done to a picture. */
interface Kernel {

  /** The names, as help and errors list them. */
  String NAMES =
      "gaussian:SIGMA, box:N, sharpen, emboss, sobel, laplacian, edges, corners, or a text file of"
          + " numbers";

  double LARGEST_SIGMA = 200;
  int LARGEST_BOX = 1001;

  /** Returns the changed picture. */
  Picture apply(Picture picture, Convolver convolver);

  /**
   * Reads a kernel's spelling.
   *
   * @throws InvalidArgumentException if there is no such kernel or its parameter is wrong
   */
  static Kernel parse(String spelling) {
    int colon = spelling.indexOf(':');
    String parameter = colon < 0 ? "" : spelling.substring(colon + 1);
    return switch (colon < 0 ? spelling : spelling.substring(0, colon + 1)) {
      case "gaussian:" -> Linear.blur(Taps.gaussianRow(sigma(parameter)));
      case "box:" -> Linear.blur(Taps.boxRow(boxSize(parameter)));
      case "sharpen" -> Linear.of(new Taps(3, 3, 0, -1, 0, -1, 5, -1, 0, -1, 0));
      case "emboss" -> Features.EMBOSS;
      case "sobel" -> Features.SOBEL;
      case "laplacian" -> Features.LAPLACIAN;
      case "edges" -> Features.EDGES;
      case "corners" -> Features.CORNERS;
      default -> fromFile(spelling);
    };
  }

  private static Kernel fromFile(String name) {
    Path file = Path.of(name);
    if (!Files.isRegularFile(file)) {
      throw new InvalidArgumentException("kernel", "'" + name + "'", "one of " + NAMES);
    }
    return KernelFile.read(file);
  }

  private static double sigma(String parameter) {
    try {
      double sigma = Double.parseDouble(parameter);
      if (sigma > 0 && sigma <= LARGEST_SIGMA) {
        return sigma;
      }
    } catch (NumberFormatException malformed) {
      // Reported below.
    }
    throw new InvalidArgumentException(
        "SIGMA of kernel gaussian",
        "'" + parameter + "'",
        "a number above 0 and at most " + LARGEST_SIGMA + ", in pixels");
  }

  private static int boxSize(String parameter) {
    try {
      int size = Integer.parseInt(parameter);
      if (size >= 1 && size <= LARGEST_BOX) {
        return size;
      }
    } catch (NumberFormatException malformed) {
      // Reported below.
    }
    throw new InvalidArgumentException(
        "N of kernel box", "'" + parameter + "'", "a whole number from 1 to " + LARGEST_BOX);
  }
}
