package dev.conv4j.cli.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.Machine;
import dev.conv4j.cli.bench.Row;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BenchPageTest {

  /** 64 operations. */
  private static final Convolution PROBLEM = Convolution.parse("n1c1i4x8k1f1x1");

  @Test
  void barsShareAScaleThatEndsAtTheFastest() {
    String page = page(ours(4, Verdict.passed(0)), peer("fast", 2), peer("slow", 16));
    // The peak is 20 operations a second, ours 16, the peers 32 and 4.
    assertTrue(page.contains("<div class=\"value\" style=\"width:50.00%\">"), page);
    assertTrue(page.contains("class=\"mark peak\" style=\"left:62.50%\""), page);
    assertTrue(page.contains("class=\"mark peer0\" style=\"left:100.00%\" title=\"fast,"), page);
    assertTrue(page.contains("class=\"mark peer1\" style=\"left:12.50%\" title=\"slow,"), page);
    assertTrue(page.contains("<td class=\"number lost\">x0.50</td>"), page);
    assertTrue(page.contains("<td class=\"number won\">x4.00</td>"), page);
  }

  @Test
  void anIntervalIsDrawnOnlyWhereThereIsOne() {
    Statistics many = Statistics.of(3.2, 4, 4, 4, 4, 4, 4, 5);
    String drawn = page(row(device(), many, Verdict.passed(0)));
    assertTrue(drawn.contains("class=\"interval\" style=\"left:64.00%;width:36.00%\""), drawn);
    assertFalse(page(ours(4, Verdict.passed(0))).contains("class=\"interval\""));
  }

  @Test
  void whatIsWrongShowsItsComplaintAndNoTime() {
    String page = page(row(device(), null, Verdict.failed("y[0] is <b>3</b> & not 4", 1)));
    assertTrue(page.contains("FAILED: y[0] is &lt;b&gt;3&lt;/b&gt; &amp; not 4"), page);
    assertTrue(page.contains("nothing was timed"), page);
    assertFalse(page.contains("class=\"value\""), page);
  }

  @Test
  void itsStyleIsWholeAndNothingIsLoaded() {
    String page = page(ours(4, Verdict.passed(0)));
    assertTrue(page.contains("default-src &#x27;none&#x27;"), page);
    assertTrue(page.contains(".peer3 {"), page);
    assertEquals(page.indexOf("</style>"), page.lastIndexOf("</style>"));
    assertFalse(page.contains("url("), page);
  }

  private static String page(Row... rows) {
    return BenchPage.of(new Machine(List.of()), List.of(rows)).text();
  }

  private static Row ours(double seconds, Verdict verdict) {
    return row(device(), Statistics.of(seconds), verdict);
  }

  private static Row peer(String name, double seconds) {
    return row(
        new Row.Who(null, null, name, "1", Peer.Form.DROP_IN, 1, false),
        Statistics.of(seconds),
        Verdict.passed(0));
  }

  private static Row.Who device() {
    return new Row.Who("cpu:0", "plain", null, null, null, 1, true);
  }

  private static Row row(Row.Who who, @Nullable Statistics seconds, Verdict verdict) {
    return new Row(
        "suite",
        PROBLEM,
        who,
        Task.Format.of(DType.F32, Layout.NCHW),
        verdict,
        seconds,
        0,
        OptionalDouble.of(20),
        "");
  }
}
