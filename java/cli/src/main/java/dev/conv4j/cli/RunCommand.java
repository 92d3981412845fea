package dev.conv4j.cli;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.image.NetworkImage;
import dev.conv4j.cli.network.NetworkInputs;
import dev.conv4j.cli.network.NetworkResults;
import dev.conv4j.cli.output.Json;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.onnx.OnnxModel;
import dev.conv4j.onnx.OnnxResult;
import dev.conv4j.onnx.OnnxSession;
import dev.conv4j.onnx.OnnxTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conv4j run}. */
@Command(
    name = "run",
    description = {
      "Runs an ONNX network and shows what it gives: range and mean of each output, and the best"
          + " classes of a classifier.",
      "",
      "Inputs are .pb (TensorProto), .npy, PNG or JPEG files; an input without a file gets random"
          + " numbers, the same in every run.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  conv4j run squeezenet.onnx --input cat.jpg",
      "  conv4j run unet.onnx --input image=scan.npy --output results",
      "  conv4j run resnet50.onnx --repeat 50 --profile"
    })
final class RunCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(paramLabel = "MODEL.onnx", description = "The network.")
  private Path model = Path.of("");

  @Option(
      names = "--input",
      paramLabel = "NAME=FILE",
      description = "A file for an input; FILE alone for a network of one input.")
  private List<String> inputs = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Writes every output to this folder as NAME.npy.")
  private @Nullable Path output;

  @Option(
      names = "--device",
      paramLabel = "D",
      description = "Device such as cpu or opencl:1. Default: CONV4J_DEVICE, else the best.")
  private @Nullable String device;

  @Option(names = "--threads", paramLabel = "N", description = "Worker threads; 0: one per core.")
  private int threads;

  @Option(
      names = "--normalize",
      paramLabel = "NAME",
      description =
          "What pictures are turned into: imagenet (default), unit, signed, bytes or caffe.")
  private String normalize = "imagenet";

  @Option(
      names = "--mean",
      split = ",",
      paramLabel = "R,G,B",
      description = "Other means for it, in the network's order of planes.")
  private float @Nullable [] mean;

  @Option(
      names = "--std",
      split = ",",
      paramLabel = "R,G,B",
      description = "Other deviations for it.")
  private float @Nullable [] deviation;

  @Option(names = "--top", paramLabel = "K", description = "Classes shown. Default: 5.")
  private int top = 5;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Runs again N times and prints the median time.")
  private int repeat;

  @Option(
      names = "--profile",
      description = "Prints where the time goes: for each node the least time of all runs.")
  private boolean profile;

  @Option(names = "--explain", description = "Prints what became of the network's nodes.")
  private boolean explain;

  @Option(
      names = "--json",
      paramLabel = "F",
      description = "Also write JSON to a file; - prints it instead of the text.")
  private @Nullable String json;

  RunCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (repeat < 0 || top < 1) {
      throw new InvalidArgumentException("--repeat and --top", repeat + ", " + top, "0, 1 or more");
    }
    if (output != null && !Files.isDirectory(output)) {
      throw new InvalidArgumentException("--output", "'" + output + "'", "an existing folder");
    }
    Json target = json == null ? null : Json.to(json, terminal);
    long begin = System.nanoTime();
    OnnxModel network = OnnxModel.load(model);
    NetworkInputs reader = new NetworkInputs(network, image());
    Map<String, OnnxTensor> tensors = reader.read(inputs);
    if (!reader.madeUp().isEmpty()) {
      terminal.warn("random numbers for input " + reader.madeUp());
    }
    EngineOptions options = EngineOptions.DEFAULT.withDevice(device).withThreads(threads);
    try (Engine engine = Engine.open(options);
        OnnxSession session = network.session(engine)) {
      double loadMillis = (System.nanoTime() - begin) / 1e6;
      report(engine, session, tensors, loadMillis, target);
    }
    return Exit.OK;
  }

  private NetworkImage image() {
    NetworkImage named = NetworkImage.named(normalize);
    requireThree("--mean", mean);
    requireThree("--std", deviation);
    return new NetworkImage(
        named.scale(),
        mean == null ? named.mean() : mean,
        deviation == null ? named.deviation() : deviation,
        named.bgr(),
        named.crop());
  }

  private static void requireThree(String option, float @Nullable [] values) {
    if (values != null && values.length != 3) {
      throw new InvalidArgumentException(option, Arrays.toString(values), "three numbers");
    }
  }

  private void report(
      Engine engine,
      OnnxSession session,
      Map<String, OnnxTensor> tensors,
      double loadMillis,
      @Nullable Json target) {
    long begin = System.nanoTime();
    OnnxResult result = session.run(tensors);
    double firstMillis = (System.nanoTime() - begin) / 1e6;
    double[] millis = new double[repeat];
    List<OnnxResult.NodeTime> times = result.times();
    for (int i = 0; i < repeat; i++) {
      long start = System.nanoTime();
      result = session.run(tensors);
      millis[i] = (System.nanoTime() - start) / 1e6;
      times = NetworkResults.least(times, result.times());
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", new Machine(List.of(engine.device())).toJson());
    document.put("model", model.toString());
    document.put("device", engine.device().id());
    document.put("load_ms", loadMillis);
    document.put("first_ms", firstMillis);
    if (repeat > 0) {
      document.put("repeat", repeat);
      document.put("p50_ms", Statistics.of(millis).median());
      document.put("min_ms", Arrays.stream(millis).min().orElseThrow());
    }
    Map<String, Object> summary = NetworkResults.summary(result, top);
    document.put("outputs", summary);
    if (profile) {
      document.put("profile_ms", NetworkResults.profile(times));
    }
    if (output != null) {
      NetworkResults.write(result, output);
    }
    if (target != null) {
      target.write(document);
    }
    if (!Json.STDOUT.equals(json)) {
      print(session, times, summary, document);
    }
  }

  private void print(
      OnnxSession session,
      List<OnnxResult.NodeTime> times,
      Map<String, Object> summary,
      Map<String, Object> document) {
    if (explain) {
      terminal.out().println(session.explain());
    }
    NetworkResults.print(summary, terminal);
    if (profile) {
      terminal.out().println();
      NetworkResults.printProfile(times, terminal);
    }
    terminal
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "%nloaded in %.0f ms, first run %.1f ms on %s",
                (Double) document.get("load_ms"),
                (Double) document.get("first_ms"),
                document.get("device")));
    if (repeat > 0) {
      terminal
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "median %.3f ms, least %.3f ms of %d runs",
                  (Double) document.get("p50_ms"),
                  (Double) document.get("min_ms"),
                  repeat));
    }
    terminal.out().flush();
  }
}
