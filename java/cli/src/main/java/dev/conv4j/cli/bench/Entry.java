package dev.conv4j.cli.bench;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.check.SampledCheck;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Contender;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** One contestant in a heat. It runs as long as nothing is wrong with its results. */
final class Entry implements AutoCloseable {

  private Row.Who who;
  private final @Nullable Station station;
  private @Nullable Contender contender;
  private @Nullable Lane lane;
  private @Nullable SampledCheck check;
  private Verdict verdict = Verdict.passed(0);

  /**
   * @param who what is known of the contestant
   * @param station our device, null for a peer
   */
  Entry(Row.Who who, @Nullable Station station) {
    this.who = who;
    this.station = station;
  }

  /** Takes over a contender that is ready. */
  void enter(Contender ready, Row.Who chosen, int sets, SampledCheck against) {
    contender = ready;
    who = chosen;
    lane = new Lane(ready, sets);
    check = against;
    ready.run(0);
  }

  /** Compares every copy of the result that a run has written with the oracle. */
  Verdict check() {
    Contender runs = Objects.requireNonNull(contender);
    int sets = lane().setsWritten();
    SampledCheck against = Objects.requireNonNull(check);
    Verdict all = Verdict.passed(0);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment y = arena.allocate(against.bytes(), 64);
      for (int set = 0; set < sets; set++) {
        runs.read(set, y);
        all = all.and(against.check(y, runs.errorFactor()));
      }
    }
    return all;
  }

  void judge(Verdict found) {
    verdict = verdict.and(found);
  }

  boolean running() {
    return lane != null && verdict.passed();
  }

  Lane lane() {
    return Objects.requireNonNull(lane);
  }

  /** Returns the outcome; a time only with a passed check. */
  Row row(Heat heat, BenchRequest request) {
    return new Row(
        heat.suite(),
        heat.problem(),
        who,
        request.format(),
        verdict,
        running() && lane().count() > 0 ? lane().statistics() : null,
        contender == null ? 0 : contender.scratchBytes(),
        OptionalDouble.empty(),
        station == null ? "" : repro(heat, request));
  }

  private String repro(Heat heat, BenchRequest request) {
    StringBuilder line =
        new StringBuilder("conv4j bench --problem ")
            .append(heat.problem())
            .append(" --device ")
            .append(who.device());
    if (who.threads() > 0) {
      line.append(" --threads ").append(who.threads());
    }
    if (request.format().input() != DType.F32) {
      line.append(" --dtype ").append(request.format().input().spelling());
    }
    if (request.format().layout() != Layout.NCHW) {
      line.append(" --layout nhwc");
    }
    if (who.algorithm() != null) {
      line.append(" --algorithm ").append(who.algorithm());
    }
    return line.append(request.warm() ? " --warm" : "").toString();
  }

  @Override
  public void close() {
    if (contender != null) {
      contender.close();
    }
  }
}
