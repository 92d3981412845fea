package dev.conv4j.cli.bench;

import dev.conv4j.Convolution;
import dev.conv4j.cli.output.Progress;
import dev.conv4j.cli.output.Terminal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A benchmark: every contestant is checked before it is timed and again on what the timed runs
 * left. Samples are taken in rounds, one of each contestant in turn, so that whatever else happens
 * on the machine hits all of them alike.
 */
public final class BenchRun {

  private static final int FEWEST_SAMPLES = 3;

  /** What a row should have, where time allows. */
  public static final int WANTED_SAMPLES = 30;

  private static final int MOST_SAMPLES = 120;
  private static final double NARROW = 0.01;

  /** Operands held at a time; problems beyond that are timed in a later group. */
  private static final long GROUP_BYTES = Math.min(2L << 30, HostMemory.total() / 8);

  private static final double WARM_UP_SHARE = 0.3;
  private static final double PREPARED = 0.2;
  private static final double WARM = 0.4;

  private final BenchRequest request;
  private final Progress progress;
  private final long begin = System.nanoTime();
  private final List<Row> rows = new ArrayList<>();

  private BenchRun(BenchRequest request, Progress progress) {
    this.request = request;
    this.progress = progress;
  }

  /** Runs it and returns a row for each contestant of each problem. */
  public static List<Row> run(BenchRequest request, Terminal terminal) {
    try (Progress progress = new Progress(terminal, "bench")) {
      BenchRun run = new BenchRun(request, progress);
      run.all();
      return run.rows.stream().map(run::withPeak).toList();
    }
  }

  private void all() {
    List<Heat> heats = new ArrayList<>();
    for (Suite suite : request.suites()) {
      for (Convolution problem : suite.problems()) {
        heats.add(new Heat(request, suite.name(), problem));
      }
    }
    int done = 0;
    while (done < heats.size()) {
      int end = done + 1;
      long bytes = heats.get(done).bytes();
      while (end < heats.size() && bytes + heats.get(end).bytes() <= GROUP_BYTES) {
        bytes += heats.get(end++).bytes();
      }
      group(heats.subList(done, end), (double) done / heats.size(), (double) end / heats.size());
      done = end;
    }
  }

  private void group(List<Heat> heats, double from, double to) {
    try {
      for (int i = 0; i < heats.size(); i++) {
        progress.at(
            from + (to - from) * PREPARED * i / heats.size(), "check " + heats.get(i).problem());
        heats.get(i).prepare();
      }
      measurePeaks();
      long deadline = begin + (long) (request.seconds() * to * 1e9);
      warmUp(heats, deadline, from, to);
      rounds(heats, deadline, from, to);
      measurePeaks();
      heats.forEach(heat -> rows.addAll(heat.finish()));
    } finally {
      heats.forEach(Heat::close);
    }
  }

  private void measurePeaks() {
    request.stations().forEach(station -> station.measurePeak(request.format().input()));
  }

  /** Only now, since later groups may have seen a higher one. */
  private Row withPeak(Row row) {
    return request.stations().stream()
        .filter(station -> station.device().equals(row.who().device()))
        .filter(station -> station.threads() == row.who().threads())
        .findFirst()
        .map(station -> row.withPeak(station.peak()))
        .orElse(row);
  }

  private void warmUp(List<Heat> heats, long deadline, double from, double to) {
    for (int i = 0; i < heats.size(); i++) {
      Heat heat = heats.get(i);
      for (Entry entry : heat.entries()) {
        if (entry.running()) {
          progress.at(
              from + (to - from) * (PREPARED + (WARM - PREPARED) * i / heats.size()),
              "warm up " + heat.problem());
          long left = Math.max(0, deadline - System.nanoTime());
          double lanes = (double) (heats.size() - i) * heat.entries().size();
          entry.lane().warmUp(System.nanoTime() + (long) (left * WARM_UP_SHARE / lanes));
        }
      }
    }
  }

  private void rounds(List<Heat> heats, long deadline, double from, double to) {
    long start = System.nanoTime();
    boolean spinning = !request.peers().isEmpty() && Collections.max(request.peerThreads()) > 1;
    boolean more = true;
    while (more) {
      more = false;
      for (Heat heat : heats) {
        double part = (double) (System.nanoTime() - start) / Math.max(1, deadline - start);
        progress.at(
            from + (to - from) * (WARM + (1 - WARM) * Math.min(1, part)), "time " + heat.problem());
        for (Entry entry : heat.entries()) {
          if (entry.running() && wantsMore(entry.lane(), deadline)) {
            entry.lane().sample(spinning);
            more = true;
          }
        }
      }
    }
  }

  private static boolean wantsMore(Lane lane, long deadline) {
    if (lane.count() < FEWEST_SAMPLES) {
      return true;
    }
    if (System.nanoTime() > deadline) {
      return false;
    }
    return lane.count() < WANTED_SAMPLES
        || (lane.count() < MOST_SAMPLES && lane.statistics().spread() > NARROW);
  }
}
