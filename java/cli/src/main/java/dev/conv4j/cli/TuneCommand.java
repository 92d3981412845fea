package dev.conv4j.cli;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.cli.bench.Suite;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.Tuner;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code conv4j tune}. */
@Command(
    name = "tune",
    description = {
      "Measures tile sizes of the kernels that have any, and keeps the best for later runs on the"
          + " same device and driver. Every candidate is checked on whole numbers before it is"
          + " timed. Nothing else ever starts such a search.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  conv4j tune --device opencl:0 --budget 5m",
      "  conv4j tune --problem n1c64i56x56k64f3x3p1 --layout nhwc"
    })
final class TuneCommand implements Callable<Integer> {

  private static final Pattern BUDGET = Pattern.compile("(\\d{1,6})(s|m|h)?");

  private final Terminal terminal;

  @Option(
      names = "--suite",
      paramLabel = "NAME|FILE",
      description = "As for bench. May be repeated. Default: resnet50.")
  private List<String> suites = new ArrayList<>();

  @Option(
      names = "--problem",
      paramLabel = "SPELLING",
      description = "A problem such as n1c64i56x56k64f3x3p1. May be repeated.")
  private List<String> problems = new ArrayList<>();

  @Mixin private DeviceOption device = new DeviceOption();

  @Option(
      names = "--budget",
      paramLabel = "T",
      description = "Time to spend on each device: 90s, 5m, 1h. Default: ${DEFAULT-VALUE}.",
      defaultValue = "60s")
  private String budget = "60s";

  @Option(names = "--dtype", paramLabel = "T", description = "f32 (default), f64, f16 or bf16.")
  private String dtype = DType.F32.spelling();

  @Option(names = "--layout", paramLabel = "L", description = "nchw (default) or nhwc.")
  private Layout layout = Layout.NCHW;

  TuneCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    long seconds = seconds();
    ConvOptions options = ConvOptions.builder().type(floating()).layout(layout).build();
    List<ConvProblem> chosen =
        convolutions().stream().map(problem -> new ConvProblem(problem, options)).toList();
    for (String spelling : device.spellings()) {
      int measured =
          Tuner.tune(
              spelling,
              chosen,
              (double) seconds,
              line -> {
                terminal.out().println(spelling + " " + line);
                terminal.out().flush();
              });
      if (measured == 0) {
        terminal.out().println(spelling + " has nothing to tune");
      }
    }
    terminal.out().flush();
    return Exit.OK;
  }

  private DType floating() {
    DType type = DType.parse(dtype);
    if (type.isInteger()) {
      throw new InvalidArgumentException("dtype", dtype, "f32, f64, f16 or bf16");
    }
    return type;
  }

  private Set<Convolution> convolutions() {
    Set<Convolution> chosen = new LinkedHashSet<>();
    suites.forEach(name -> chosen.addAll(Suite.load(name).problems()));
    problems.forEach(spelling -> chosen.add(Convolution.parse(spelling)));
    if (chosen.isEmpty()) {
      chosen.addAll(Suite.load("resnet50").problems());
    }
    return chosen;
  }

  private long seconds() {
    Matcher matcher = BUDGET.matcher(budget.strip());
    if (!matcher.matches()) {
      throw new InvalidArgumentException(
          "budget", "'" + budget + "'", "a number with s, m or h behind it, such as 60s");
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2);
    return "h".equals(unit) ? 3600 * number : "m".equals(unit) ? 60 * number : number;
  }
}
