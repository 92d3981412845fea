package dev.conv4j.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class SummaryTest {

  private static final String A = "n1c1i8x8k1f1x1";
  private static final String B = "n1c2i8x8k1f1x1";
  private static final String C = "n1c4i8x8k1f1x1";

  @Test
  void meansAreGeometricAndTheBestPeerCounts() {
    List<Row> rows =
        List.of(
            ours(A, 2, 4.0),
            peer(A, "slow", 2, 9.0),
            peer(A, "fast", 2, 8.0),
            ours(B, 2, 4.0),
            peer(B, "slow", 2, 2.0),
            ours(C, 2, 4.0),
            peer(C, "fast", 2, 5.0));
    Summary summary = Summary.of(rows).getFirst();
    assertEquals(
        Math.cbrt(8 / 4.0 * (2 / 4.0) * (5 / 4.0)), summary.dropIn().mean().orElseThrow(), 1e-12);
    assertEquals(2, summary.dropIn().won());
    assertEquals(3, summary.dropIn().contested());
    assertEquals(B, summary.worst().problem().toString());
    assertEquals(12, summary.total());
  }

  @Test
  void eachPeerStandsAloneAndAnotherLayoutIsAnotherMatter() {
    List<Row> rows =
        List.of(
            ours(A, 2, 4.0),
            peer(A, "slow", 2, 16.0),
            row(A, Row.Who.peer("slow-native", "1", Peer.Form.NATIVE, 2), 2.0),
            ours(B, 2, 4.0),
            peer(B, "slow", 2, 3.9));
    Summary summary = Summary.of(rows).getFirst();
    assertEquals(
        List.of("slow", "slow-native"), summary.alone().stream().map(Duel::rival).toList());
    assertEquals(Math.sqrt(4 * 3.9 / 4), summary.dropIn().mean().orElseThrow(), 1e-12);
    assertEquals(0.5, summary.natively().mean().orElseThrow(), 1e-12);
    assertEquals(1, summary.natively().contested());
    Duel alone = summary.alone().getFirst();
    assertEquals(1, alone.won());
    assertEquals(2, alone.level());
    assertEquals(3.9 / 4, alone.least().orElseThrow(), 1e-12);
    assertEquals(B, alone.worst().problem().toString());
  }

  @Test
  void withoutPeersTheWorstLayerIsFurthestFromThePeak() {
    Summary summary =
        Summary.of(List.of(ours(A, 1, 1.0), ours(B, 1, 1.0), ours(C, 1, 8.0))).getFirst();
    // Shares of a peak of 256 operations a second: 128/1, 256/1 and 512/8 over it.
    assertEquals(C, summary.worst().problem().toString());
    assertEquals(Math.cbrt(128 * 256 * 64) / 256, summary.shareOfPeak().orElseThrow(), 1e-12);
    assertTrue(summary.dropIn().mean().isEmpty());
  }

  @Test
  void peersCountOnlyWithAsManyThreads() {
    List<Row> rows = List.of(ours(A, 2, 4.0), peer(A, "fast", 1, 8.0));
    assertEquals(0, Summary.of(rows).getFirst().dropIn().contested());
  }

  @Test
  void rowsWithoutATimeCountForNothing() {
    Row failed =
        new Row(
            "s",
            Convolution.parse(A),
            Row.Who.device("cpu:0", "x", 1),
            format(),
            Verdict.failed("off", 1),
            null,
            0,
            OptionalDouble.of(256),
            "");
    Summary summary = Summary.of(List.of(failed)).getFirst();
    assertEquals(1, summary.ours().size());
    assertEquals(0, summary.timed().size());
    assertNull(summary.worst());
    assertTrue(summary.flops().isEmpty());
  }

  @Test
  void eachSuiteDeviceAndThreadCountStandsAlone() {
    assertEquals(2, Summary.of(List.of(ours(A, 1, 1.0), ours(A, 2, 1.0))).size());
  }

  @Test
  void choicesStandBesideTheFastestAlgorithm() {
    Row.Who forced = Row.Who.device("cpu:0", null, 1);
    List<Row> rows =
        List.of(
            row(A, forced.with("slow", "slow"), 1.2),
            row(A, forced.with("fast", "slow"), 1.0),
            row(B, forced.with("slow", "fast"), 3.0),
            row(B, forced.with("fast", "fast"), 1.0),
            row(C, forced.with("only", "only"), 1.0));
    Choices choices = Summary.of(rows).getFirst().choices();
    assertEquals(2, choices.layers().size());
    assertEquals(1, choices.good());
    assertEquals(Math.sqrt(1.2), choices.mean().orElseThrow(), 1e-12);
    assertEquals(1.2, choices.bad().getFirst().ratio(), 1e-12);
    assertEquals("fast", choices.bad().getFirst().fastest().who().algorithm());
  }

  private static Row ours(String problem, int threads, double seconds) {
    return row(problem, Row.Who.device("cpu:0", "x", threads), seconds);
  }

  private static Row peer(String problem, String name, int threads, double seconds) {
    return row(problem, Row.Who.peer(name, "1", Peer.Form.DROP_IN, threads), seconds);
  }

  private static Row row(String problem, Row.Who who, double seconds) {
    return new Row(
        "s",
        Convolution.parse(problem),
        who,
        format(),
        Verdict.passed(0),
        Statistics.of(seconds),
        0,
        OptionalDouble.of(256),
        "");
  }

  private static Task.Format format() {
    return Task.Format.of(DType.F32, Layout.NCHW);
  }
}
