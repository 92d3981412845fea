package dev.conv4j.cli;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.cli.image.ImageFilter;
import dev.conv4j.cli.output.Terminal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conv4j filter}. */
@Command(
    name = "filter",
    description = {
      "Convolves an image.",
      "",
      "Kernels:",
      "  gaussian:SIGMA  blur; SIGMA in pixels",
      "  box:N           mean of N x N pixels",
      "  sharpen         3x3, more contrast between neighbours",
      "  emboss          relief lit from the upper left, gray",
      "  sobel           magnitude of the gradient, gray",
      "  laplacian       magnitude of the second derivative, gray",
      "  edges           clear edges, white on black",
      "  corners         Harris corner response, white on black",
      "  FILE            rows of numbers separated by blanks or commas, # for comments; lines"
          + " 'divisor D' and 'offset O' (0 to 255) are optional",
      "",
      "The kernel is mirrored (a true convolution), its centre is element n/2 of each axis, and"
          + " beyond the picture its edge goes on. Blurs weight colours by their opacity and blur"
          + " the opacity too; other kernels leave it as it is. PNG keeps 16 bits.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  conv4j filter photo.jpg edges.png --kernel edges",
      "  conv4j filter photo.jpg soft.jpg --kernel gaussian:2.5 --device cpu",
      "  printf '1 2 1\\n2 4 2\\n1 2 1\\ndivisor 16\\n' > blur.txt",
      "  conv4j filter in.png out.png --kernel blur.txt"
    })
final class FilterCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "IN", description = "A PNG or JPEG file.")
  private Path input = Path.of("");

  @Parameters(index = "1", paramLabel = "OUT", description = "The result: .png, .jpg or .jpeg.")
  private Path output = Path.of("");

  @Option(
      names = "--kernel",
      required = true,
      paramLabel = "NAME|FILE",
      description = "What to do, as above.")
  private String kernel = "";

  @Option(
      names = "--device",
      paramLabel = "D",
      description = "A device such as cpu or opencl:1. Default: CONV4J_DEVICE, else the best.")
  private @Nullable String device;

  FilterCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    EngineOptions options = EngineOptions.DEFAULT.withDevice(device);
    ImageFilter.run(input, output, kernel, () -> Engine.open(options), terminal);
    return Exit.OK;
  }
}
