package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

  private static final String QUICK = " --device fake --seconds 0.2";

  @TempDir Path folder;

  @Test
  void printsATableWithTheMeasuredPeakAndAConclusion() {
    CommandLineRun run = bench("--problem n1c2i8x8k3f3x3p1 --problem n1c2i8x8k3f1x1");
    assertEquals(0, run.code(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals("problems on fake:0, f32 NCHW, measured peak 2.00 GFLOP/s", lines.get(0));
    assertTrue(lines.get(1).matches("problem {11}algorithm +p50 ms .*"), run.out());
    assertTrue(lines.get(2).startsWith("n1c2i8x8k3f3x3p1  plain"), run.out());
    assertTrue(lines.get(2).endsWith("ok"), run.out());
    assertTrue(lines.get(4).startsWith("2 layers, "), run.out());
    assertTrue(lines.get(4).contains("% of peak; worst n1c2"), run.out());
  }

  @Test
  void jsonHasEveryKeyOfTheContract() {
    Map<String, Object> document = json("--problem n1c2i8x8k3f3x3p1");
    assertEquals(Set.of("machine", "rows", "summary"), document.keySet());
    Map<?, ?> machine = (Map<?, ?>) document.get("machine");
    assertTrue(
        machine
            .keySet()
            .containsAll(Set.of("cpu", "cores", "jdk", "os", "commit", "devices", "peak_gflops")));
    assertEquals(Map.of("fake:0", Map.of("0", 2.0)), machine.get("peak_gflops"));
    Map<?, ?> row = rows(document).getFirst();
    assertTrue(
        row.keySet()
            .containsAll(
                Set.of(
                    "problem",
                    "suite",
                    "device",
                    "algorithm",
                    "layout",
                    "dtype",
                    "threads",
                    "verified",
                    "max_error",
                    "samples",
                    "p50_ms",
                    "min_ms",
                    "ci95_ms",
                    "gflops",
                    "pct_of_peak",
                    "scratch_bytes",
                    "repro")),
        row.keySet().toString());
    assertEquals("n1c2i8x8k3f3x3p1", row.get("problem"));
    assertEquals("plain", row.get("algorithm"));
    assertEquals(true, row.get("verified"));
    double p50 = (Double) row.get("p50_ms");
    double gflops = (Double) row.get("gflops");
    assertEquals(2 * 2 * 8 * 8 * 3 * 9 / (p50 * 1e-3) * 1e-9, gflops, 1e-9 * gflops);
    assertEquals(gflops / 2.0 * 100, (Double) row.get("pct_of_peak"), 1e-9);
    List<?> interval = (List<?>) row.get("ci95_ms");
    assertTrue((Double) interval.get(0) <= p50 && p50 <= (Double) interval.get(1));
    assertTrue((Double) row.get("min_ms") <= p50);
  }

  @Test
  void theReproLineRunsAndIsTheSameRow() {
    Map<?, ?> row =
        rows(json("--problem n1c2i8x8k3f3x3p1 --dtype f64 --layout nhwc --warm")).getFirst();
    String repro = (String) row.get("repro");
    assertEquals(
        "conv4j bench --problem n1c2i8x8k3f3x3p1 --device fake:0 --dtype f64 --layout nhwc"
            + " --algorithm reference --warm",
        repro);
    CommandLineRun again =
        CommandLineRun.ofLine(repro.substring("conv4j ".length()) + " --seconds 0.2 --json -");
    assertEquals(0, again.code(), again.err());
    Map<?, ?> same = rows(again.json()).getFirst();
    for (String key : List.of("problem", "device", "algorithm", "layout", "dtype", "threads")) {
      assertEquals(row.get(key), same.get(key));
    }
  }

  @Test
  void aRowThatFailedItsCheckHasNoTime() {
    String problem = "--problem n1c2i8x8k3f3x3p1 --algorithm wrong";
    CommandLineRun table = bench(problem);
    assertEquals(1, table.code());
    assertTrue(table.out().contains("wrong           -"), table.out());
    assertTrue(table.out().contains("FAILED n1c2i8x8k3f3x3p1 wrong: element 191"), table.out());
    CommandLineRun run = bench(problem + " --json -");
    assertEquals(1, run.code());
    Map<?, ?> row = rows(run.json()).getFirst();
    assertEquals(false, row.get("verified"));
    assertEquals(1.0, (Double) row.get("max_error"), 1e-5);
    assertEquals(0, row.get("samples"));
    assertNull(row.get("p50_ms"));
    assertNull(row.get("gflops"));
  }

  @Test
  void anElementThatIsNeverWrittenIsFound() {
    CommandLineRun run = bench("--problem n1c2i8x8k3f3x3p1 --algorithm lazy");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("lazy: element 191 was not written"), run.out());
  }

  @Test
  void allMeansEveryAlgorithmThatTakesTheProblem() {
    assertEquals(
        List.of("plain", "wrong", "lazy", "sloppy", "reference"),
        algorithms("--problem n1c1i4k1f1 --algorithm all"));
    assertEquals(
        List.of("reference"), algorithms("--problem n1c1i4k1f1 --algorithm all --dtype f64"));
    assertEquals(
        List.of("plain", "wrong", "lazy", "sloppy"),
        algorithms("--problem n1c1i4k1f1 --algorithm fast"));
  }

  @Test
  void theChoiceStandsBesideTheFastest() {
    String line = "--problem n1c2i8x8k3f3x3p1 --algorithm plain,reference --good-choices 0";
    CommandLineRun run = bench(line);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("choice within 10 % of the fastest on "), run.out());
    assertEquals(
        List.of(true, false), rows(json(line)).stream().map(row -> row.get("planned")).toList());
  }

  private List<?> algorithms(String line) {
    return rows(bench(line + " --json -").json()).stream()
        .map(row -> row.get("algorithm"))
        .toList();
  }

  @Test
  void anAlgorithmThatDoesNotTakeTheProblemIsNoFailure() {
    CommandLineRun run =
        bench("--problem n1c1i4k1f1 --algorithm plain,reference --dtype f64 --json -");
    assertEquals(0, run.code(), run.err());
    Map<?, ?> refused = rows(run.json()).getFirst();
    assertEquals(false, refused.get("verified"));
    assertNull(refused.get("max_error"));
    assertTrue(((String) refused.get("note")).contains("takes only f32 NCHW"));
  }

  @Test
  void nothingTimedIsAFailure() {
    assertEquals(1, bench("--problem n1c1i4k1f1 --algorithm plain --dtype f64").code());
  }

  @Test
  void peersAreTimedOnTheSameProblems() {
    Map<String, Object> document =
        json("--problem n1c2i8x8k3f1x1 --problem n1c2i8x8k3f3x3p1 --peers mirror");
    List<Map<?, ?>> rows = rows(document);
    Map<?, ?> peer = rows.get(1);
    assertEquals("mirror", peer.get("peer"));
    assertEquals("2.5", peer.get("peer_version"));
    assertFalse(peer.containsKey("device") || peer.containsKey("algorithm"));
    assertEquals(true, peer.get("verified"));
    assertEquals("not taken", rows.get(3).get("note"));
    Map<?, ?> summary = (Map<?, ?>) ((List<?>) document.get("summary")).getFirst();
    assertEquals(1, summary.get("layers_contested"));
    assertEquals(0, summary.get("layers_won"));
    assertEquals(
        (Double) peer.get("p50_ms") / (Double) rows.getFirst().get("p50_ms"),
        (Double) summary.get("best_peer_over_ours_geomean"),
        1e-9);
    assertEquals("n1c2i8x8k3f1x1", summary.get("worst_layer"));
  }

  @Test
  void suitesComeFromFilesAndBatchesAreReplaced() throws IOException {
    Path suite = folder.resolve("mine.txt");
    Files.writeString(suite, "# two of one\nn1c1i4k1f1 # a comment\n\nn2c1i4k1f1\n");
    Map<String, Object> document = json("--suite " + suite + " --batch 3");
    assertEquals(
        List.of("n3c1i4k1f1"), rows(document).stream().map(r -> r.get("problem")).toList());
    assertEquals("mine.txt", rows(document).getFirst().get("suite"));
  }

  @Test
  void aMalformedSuiteNamesTheLine() throws IOException {
    Path suite = folder.resolve("bad.txt");
    Files.writeString(suite, "n1c1i4k1f1\n\nn1c1i4k1q1\n");
    CommandLineRun run = CommandLineRun.of("bench", "--suite", suite.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().contains("bad.txt line 3: problem"), run.err());
    Files.writeString(suite, "# nothing\n");
    assertEquals(2, CommandLineRun.of("bench", "--suite", suite.toString()).code());
  }

  @Test
  void jsonGoesToAFileBesideTheTable() throws IOException {
    Path file = folder.resolve("out.json");
    CommandLineRun run = bench("--problem n1c1i4k1f1 --json " + file);
    assertTrue(run.out().startsWith("problems on fake:0"), run.out());
    assertEquals(1, rows(CommandLineRun.parse(Files.readString(file))).size());
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void htmlIsAPageThatNeedsNoOtherFile() throws IOException {
    Path file = folder.resolve("out.html");
    CommandLineRun run = bench("--problem n1c2i8x8k3f3x3p1 --html " + file);
    assertEquals(0, run.code(), run.err());
    String page = Files.readString(file);
    assertTrue(page.startsWith("<!DOCTYPE html>"), page);
    assertTrue(page.contains("problems on fake:0, f32 NCHW, measured peak 2.00 GFLOP/s"), page);
    assertTrue(page.contains("<code>n1c2i8x8k3f3x3p1</code>"), page);
    assertTrue(page.contains("title=\"conv4j bench --problem n1c2i8x8k3f3x3p1"), page);
    assertFalse(page.contains("<script") || page.contains("href=") || page.contains("src="), page);
  }

  @Test
  void aPageThatCannotBeWrittenIsRefusedBeforeTheWork() {
    CommandLineRun run =
        bench("--problem n1c1i4k1f1 --html " + folder.resolve("absent").resolve("out.html"));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("in a folder that does not exist"), run.err());
    assertEquals("", run.out());
  }

  private static CommandLineRun bench(String line) {
    return CommandLineRun.ofLine("bench " + line + QUICK);
  }

  private static Map<String, Object> json(String line) {
    CommandLineRun run = bench(line + " --json -");
    assertEquals(0, run.code(), run.err());
    return run.json();
  }

  @SuppressWarnings("unchecked") // the shape of the document is what is tested
  private static List<Map<?, ?>> rows(Map<String, Object> document) {
    return (List<Map<?, ?>>) document.get("rows");
  }
}
