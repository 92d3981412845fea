package dev.conv4j.bench.gpu;

import dev.conv4j.Conv4jException;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.Shape;
import dev.conv4j.cli.bench.Statistics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Times both sides of one item, in turn, in bursts of runs between two waits. */
final class Comparison {

  /** Operands rotate through more than the largest L2. */
  private static final long ROTATED_BYTES = 96L << 20;

  private static final int MOST_SETS = 8;
  private static final double BURST_SECONDS = 2e-3;
  private static final int MOST_RUNS = 400;
  private static final int FEWEST_BURSTS = 3;
  private static final int MOST_BURSTS = 25;

  /** A side of the comparison with its times. */
  private static final class Lane {
    final Side side;
    final List<Double> times = new ArrayList<>();
    int runs = 1;
    int turn;

    Lane(Side side) {
      this.side = side;
    }

    /** The first run loads kernels; the second tells how many make a burst. */
    void warmUp() {
      burst();
      double one = burst();
      runs = (int) Math.clamp(Math.ceil(BURST_SECONDS / one), 1, MOST_RUNS);
      burst();
    }

    double burst() {
      long begin = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        side.enqueue(turn++);
      }
      side.finish();
      return (System.nanoTime() - begin) * 1e-9 / runs;
    }

    Statistics statistics() {
      return Statistics.of(times.stream().mapToDouble(Double::doubleValue).toArray());
    }
  }

  private final Engine engine;
  private final @Nullable Cudnn cudnn;
  private final HostData data;

  Comparison(Engine engine, @Nullable Cudnn cudnn, HostData data) {
    this.engine = engine;
    this.cudnn = cudnn;
    this.data = data;
  }

  /**
   * Compares.
   *
   * @param seconds to spend on the times, about
   * @return the row; a side that fails its check has no time in it
   */
  Map<String, @Nullable Object> run(Item item, double seconds) {
    Convolution problem = item.problem();
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("key", item.key());
    row.put("suite", item.suite());
    row.put("problem", problem.toString());
    row.put("mode", item.mode().name());
    row.put("layout", item.mode().layout().name().toLowerCase(java.util.Locale.ROOT));
    row.put("direction", item.directionName());
    row.put("gflop", problem.flops() * 1e-9);
    DType type = item.mode().type();
    Shape[] shapes = Ours.shapes(item);
    List<Lane> lanes = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment first = arena.allocate(shapes[0].bytes(type), 64);
      MemorySegment second = arena.allocate(shapes[1].bytes(type), 64);
      int shift = (int) (shapes[0].elements() % 1_000_003);
      data.fill(first, type, 0);
      data.fill(second, type, shift);
      SampleOracle oracle =
          new SampleOracle(
              problem,
              item.direction(),
              item.mode(),
              data.values(type, 0),
              data.values(type, shift));
      int sets = sets(shapes, type);
      Lane ours = open(row, "", () -> Optional.of(new Ours(engine, item, first, second, sets)));
      Cudnn peer = cudnn;
      Lane theirs =
          peer == null
              ? null
              : open(row, "cudnn_", () -> Theirs.prepare(peer, item, first, second, sets));
      for (Lane lane : new Lane[] {ours, theirs}) {
        if (lane != null) {
          lanes.add(lane);
        }
      }
      List<Lane> good = new ArrayList<>(lanes);
      good.removeIf(lane -> !check(row, lane == ours ? "" : "cudnn_", lane, oracle));
      time(good, seconds);
      good.removeIf(lane -> !check(row, lane == ours ? "" : "cudnn_", lane, oracle));
      good.forEach(lane -> put(row, lane == ours ? "" : "cudnn_", lane, problem));
    } finally {
      lanes.forEach(lane -> lane.side.close());
    }
    return row;
  }

  private static int sets(Shape[] shapes, DType type) {
    long bytes = 0;
    for (Shape shape : shapes) {
      bytes += shape.bytes(type);
    }
    return Math.clamp(Math.ceilDiv(ROTATED_BYTES, bytes), 1, MOST_SETS);
  }

  private interface Opening {
    Optional<? extends Side> open();
  }

  private static @Nullable Lane open(
      Map<String, @Nullable Object> row, String prefix, Opening opening) {
    try {
      Optional<? extends Side> side = opening.open();
      if (side.isEmpty()) {
        row.put(prefix + "note", "not taken");
        return null;
      }
      Lane lane = new Lane(side.get());
      lane.burst();
      return lane;
    } catch (Conv4jException failed) {
      row.put(prefix + "note", failed.getMessage());
      return null;
    }
  }

  private static boolean check(
      Map<String, @Nullable Object> row, String prefix, Lane lane, SampleOracle oracle) {
    String complaint = lane.side.complaint(oracle);
    row.put(prefix + "algorithm", lane.side.algorithm());
    row.put(prefix + "verified", complaint.isEmpty());
    if (!complaint.isEmpty()) {
      row.put(prefix + "note", complaint);
    }
    return complaint.isEmpty();
  }

  private static void time(List<Lane> lanes, double seconds) {
    lanes.forEach(Lane::warmUp);
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (int i = 0; i < MOST_BURSTS && (i < FEWEST_BURSTS || System.nanoTime() < end); i++) {
      for (Lane lane : lanes) {
        lane.times.add(lane.burst());
      }
    }
  }

  private static void put(
      Map<String, @Nullable Object> row, String prefix, Lane lane, Convolution problem) {
    Statistics time = lane.statistics();
    row.put(prefix + "p50_ms", time.median() * 1e3);
    row.put(prefix + "min_ms", time.min() * 1e3);
    row.put(prefix + "samples", time.samples());
    row.put(prefix + "runs_per_sample", lane.runs);
    row.put(prefix + "gflops", problem.flops() / time.median() * 1e-9);
    row.put(prefix + "workspace_bytes", lane.side.workspaceBytes());
  }
}
