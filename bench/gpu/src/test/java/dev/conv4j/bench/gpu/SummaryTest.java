package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SummaryTest {

  private static Map<String, Object> row(String problem, double ours, double theirs) {
    return Map.of(
        "suite",
        "s",
        "mode",
        "f32",
        "layout",
        "nchw",
        "direction",
        "forward",
        "problem",
        problem,
        "p50_ms",
        ours,
        "cudnn_p50_ms",
        theirs,
        "gflops",
        100.0,
        "verified",
        true);
  }

  @Test
  void ratiosMultiplyAndTheLeastIsTheWorst() {
    Map<String, ?> line =
        Summary.of(List.of(row("a", 1, 4), row("b", 2, 2), row("c", 8, 2))).getFirst();
    assertEquals("1.00", Summary.cell(line.get("cudnn_over_ours_geomean")));
    assertEquals(2, line.get("won"));
    assertEquals("c", line.get("worst_layer"));
    assertEquals(0.25, line.get("worst_ratio"));
  }

  @Test
  void aSideThatFailedHasNoTimeAndNoRatio() {
    Map<String, Object> failed =
        Map.of(
            "suite",
            "s",
            "mode",
            "f16",
            "direction",
            "forward",
            "problem",
            "a",
            "verified",
            false,
            "cudnn_p50_ms",
            1.0);
    Map<String, ?> line = Summary.of(List.of(failed)).getFirst();
    assertEquals(1L, line.get("failed"));
    assertEquals(0, line.get("compared"));
    assertNull(line.get("cudnn_over_ours_geomean"));
  }
}
