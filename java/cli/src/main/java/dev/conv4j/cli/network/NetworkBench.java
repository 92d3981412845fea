package dev.conv4j.cli.network;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.bench.BenchRequest.PresentPeer;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.image.NetworkImage;
import dev.conv4j.cli.output.Progress;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.cli.peer.NetworkContender;
import dev.conv4j.cli.peer.NetworkTask;
import dev.conv4j.cli.peer.Turn;
import dev.conv4j.onnx.OnnxModel;
import dev.conv4j.onnx.OnnxTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Times whole networks, ours and other libraries' in turn, one run of each at a time, so that noise
 * hits all alike. A network whose first output differs between libraries has no times.
 */
public final class NetworkBench {

  /** Outputs may differ by this share of the expected value, and this much. */
  private static final double RELATIVE = 1e-3;

  private static final double ABSOLUTE = 1e-5;

  /** Part of the time in which nothing is kept: compilers work, caches fill. */
  private static final double WARM_UP = 0.4;

  private static final int FEWEST_SAMPLES = 10;

  /** Short enough for the machine's noise to be shared by all. */
  private static final int BURST = 5;

  private final String device;
  private final List<Integer> threads;
  private final List<PresentPeer> peers;
  private final double seconds;
  private final Terminal terminal;
  private final List<NetworkRow> rows = new ArrayList<>();

  /**
   * @param device ours
   * @param threads numbers of threads, each in turn
   * @param peers the others
   * @param seconds time to spend, about
   */
  public NetworkBench(
      String device,
      List<Integer> threads,
      List<PresentPeer> peers,
      double seconds,
      Terminal terminal) {
    this.device = device;
    this.threads = threads;
    this.peers = peers;
    this.seconds = seconds;
    this.terminal = terminal;
  }

  /** Returns the models that files and folders name, in order. */
  public static List<Path> models(List<Path> given) {
    List<Path> models = new ArrayList<>();
    for (Path path : given) {
      if (Files.isDirectory(path)) {
        try (Stream<Path> files = Files.list(path)) {
          models.addAll(files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList());
        } catch (IOException unreadable) {
          throw new InvalidArgumentException("--networks", path, "a readable folder");
        }
      } else {
        models.add(path);
      }
    }
    if (models.isEmpty()) {
      throw new InvalidArgumentException("--networks", given, "ONNX files or folders with some");
    }
    return models;
  }

  /** Times models and returns a row for each with each number of threads. */
  public List<NetworkRow> run(List<Path> models) {
    double each = seconds / (models.size() * threads.size());
    try (Progress progress = new Progress(terminal, "bench")) {
      for (Path model : models) {
        for (int count : threads) {
          progress.at(
              (double) rows.size() / (models.size() * threads.size()),
              model.getFileName().toString());
          rows.add(row(model, count, each));
        }
      }
    }
    return rows;
  }

  private NetworkRow row(Path model, int count, double time) {
    Map<String, NetworkTask.Input> inputs = new LinkedHashMap<>();
    new NetworkInputs(OnnxModel.load(model), NetworkImage.named("imagenet"))
        .read(List.of())
        .forEach((name, tensor) -> inputs.put(name, floats(name, tensor)));
    NetworkTask task = new NetworkTask(model, count, inputs);
    List<NetworkRow.Lane> lanes = new ArrayList<>();
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice(device).withThreads(count))) {
      long begin = System.nanoTime();
      lanes.add(new NetworkRow.Lane("conv4j", "", new OurNetwork(engine, task), begin));
      for (PresentPeer peer : peers) {
        long start = System.nanoTime();
        peer.peer()
            .prepare(task)
            .ifPresent(contender ->
                lanes.add(
                    new NetworkRow.Lane(peer.peer().name(), peer.version(), contender, start)));
      }
      String difference = difference(lanes);
      if (difference.isEmpty()) {
        sample(lanes, time);
      }
      return NetworkRow.of(model, count, lanes, difference);
    } finally {
      lanes.forEach(lane -> lane.contender().close());
    }
  }

  private static NetworkTask.Input floats(String name, OnnxTensor tensor) {
    if (tensor.type() != dev.conv4j.onnx.ElementType.FLOAT) {
      throw new InvalidArgumentException("input '" + name + "'", tensor, "float");
    }
    return new NetworkTask.Input(tensor.dims(), tensor.toFloatArray());
  }

  private static String difference(List<NetworkRow.Lane> lanes) {
    lanes.forEach(NetworkRow.Lane::runFirst);
    float[] ours = lanes.getFirst().contender().read();
    for (NetworkRow.Lane lane : lanes) {
      float[] theirs = lane.contender().read();
      if (theirs.length != ours.length) {
        return lane.name() + " gives " + theirs.length + " numbers, not " + ours.length;
      }
      for (int i = 0; i < ours.length; i++) {
        if (!(Math.abs(ours[i] - theirs[i]) <= ABSOLUTE + RELATIVE * Math.abs(theirs[i]))) {
          return lane.name() + " gives " + theirs[i] + " at " + i + ", not " + ours[i];
        }
      }
    }
    return "";
  }

  private static void sample(List<NetworkRow.Lane> lanes, double time) {
    long begin = System.nanoTime();
    long kept = begin + (long) (WARM_UP * time * 1e9);
    long end = begin + (long) (time * 1e9);
    while (System.nanoTime() < kept) {
      lanes.forEach(lane -> timed(lane.contender()));
    }
    while (lanes.getFirst().samples().size() < FEWEST_SAMPLES || System.nanoTime() < end) {
      for (NetworkRow.Lane lane : lanes) {
        if (lanes.size() > 1) {
          Turn.begin(() -> timed(lane.contender()));
        }
        for (int i = 0; i < BURST; i++) {
          lane.samples().add(timed(lane.contender()));
        }
      }
    }
  }

  private static double timed(NetworkContender contender) {
    long start = System.nanoTime();
    contender.run();
    return (System.nanoTime() - start) / 1e6;
  }

  /** Returns the geometric mean of a peer's median over ours, 0 without a common row. */
  public static double ratio(List<NetworkRow> rows, String peer, int threads) {
    double[] logarithms =
        rows.stream()
            .filter(row -> row.threads() == threads && row.millis(peer) != null)
            .mapToDouble(row -> Math.log(row.ratio(peer)))
            .toArray();
    return logarithms.length == 0
        ? 0
        : Math.exp(java.util.Arrays.stream(logarithms).average().orElse(0));
  }

  /** Returns the statistics of times. */
  static Statistics statistics(List<Double> millis) {
    return Statistics.of(millis.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
