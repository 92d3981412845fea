package dev.conv4j.bench.gpu;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.OperatorPlan;
import dev.conv4j.Tensor;
import dev.conv4j.cli.Machine;
import dev.conv4j.cli.Problems;
import dev.conv4j.cli.check.Case;
import dev.conv4j.cli.check.VerifyReport;
import dev.conv4j.cli.check.VerifyRun;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What comes before the comparisons. Each is done once for a journal. */
final class Phases {

  static final String LAUNCH = "launch_overhead";
  static final String PEAKS = "peaks";
  static final String CONFORMANCE = "conformance";
  static final String OPERATORS = "operators";
  static final String WITHOUT_KERNEL = "without_kernel";
  static final List<String> KEYS = List.of(LAUNCH, PEAKS, OPERATORS, CONFORMANCE);

  private static final int CASES_AT_A_TIME = 8;
  private static final int FAILURES_KEPT = 40;

  private final Engine engine;
  private final Driver driver;
  private final Journal journal;
  private final Watchdog watchdog;
  private final Terminal terminal;

  Phases(Engine engine, Driver driver, Journal journal, Watchdog watchdog, Terminal terminal) {
    this.engine = engine;
    this.driver = driver;
    this.journal = journal;
    this.watchdog = watchdog;
    this.terminal = terminal;
  }

  /** What a run of a cached plan costs the host, and what one waits for a tiny result. */
  void launches(boolean quick) {
    if (journal.has(LAUNCH)) {
      return;
    }
    watchdog.item();
    Map<String, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("key", LAUNCH);
    ConvPlan plan = engine.plan(Convolution.parse("n1c8i8x8k8f3x3p1"));
    try (Tensor x = engine.tensor(plan.convolution().inputShape(), plan.options().inputType());
        Tensor w = engine.tensor(plan.convolution().filterShape(), plan.options().filterType());
        Tensor y = plan.newResult()) {
      x.copyFrom(new float[(int) x.shape().elements()]);
      w.copyFrom(new float[(int) w.shape().elements()]);
      int runs = quick ? 1 : 200;
      double[] enqueue = new double[quick ? 2 : 30];
      double[] wait = new double[enqueue.length];
      // As many rounds again before, for the JIT compiler.
      for (int round = -enqueue.length; round < enqueue.length; round++) {
        long begin = System.nanoTime();
        for (int i = 0; i < runs; i++) {
          plan.run(x, w, null, null, y);
        }
        double each = (System.nanoTime() - begin) * 1e-3 / runs;
        engine.synchronize();
        begin = System.nanoTime();
        plan.run(x, w, null, null, y);
        engine.synchronize();
        if (round >= 0) {
          enqueue[round] = each;
          wait[round] = (System.nanoTime() - begin) * 1e-3;
        }
      }
      Arrays.sort(enqueue);
      Arrays.sort(wait);
      entry.put("algorithm", plan.algorithm());
      entry.put("enqueue_us_p50", enqueue[enqueue.length / 2]);
      entry.put("enqueue_us_min", enqueue[0]);
      entry.put("run_and_wait_us_p50", wait[wait.length / 2]);
    }
    journal.add(entry);
  }

  /** Ceilings of this device on this day. */
  void peaks(boolean quick) {
    if (!journal.has(PEAKS)) {
      watchdog.item();
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("key", PEAKS);
      entry.putAll(new PeakLoops(driver, quick).measure());
      journal.add(entry);
    }
  }

  /** The kernels between convolutions, each of which certifies itself when it is first planned. */
  void operators() {
    if (journal.has(OPERATORS)) {
      return;
    }
    watchdog.item();
    Axes whole = new Axes(1, 7, 7);
    List<OperatorProblem> problems =
        List.of(
            new PointwiseProblem(
                PointwiseProblem.Function.ADD,
                Activation.RELU,
                List.of(64L),
                List.of(List.of(1L), List.of(1L))),
            new PoolingProblem(
                PoolingProblem.Kind.AVERAGE,
                8,
                whole,
                whole,
                Axes.ONES,
                Axes.ONES,
                Axes.ZEROS,
                Axes.ZEROS,
                Axes.ONES),
            new ProductProblem(1, 4, 10, 64, false, true, 0, 0, 1, true, Activation.NONE),
            new LocalResponseProblem(1, 8, 49, 5, 1e-4f, 0.75f, 1),
            new SoftmaxProblem(4, 1000, 1, false),
            new StridedCopyProblem(List.of(8L, 49L), 0, List.of(49L, 1L), 0, List.of(1L, 8L)));
    List<String> failed =
        problems.stream()
            .filter(problem -> OperatorPlan.on(engine, problem).isEmpty())
            .map(problem -> problem.family().toString())
            .toList();
    Map<String, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("key", OPERATORS);
    entry.put("families", problems.size());
    entry.put(WITHOUT_KERNEL, failed);
    journal.add(entry);
  }

  /** Every algorithm on the built-in list, as far as the time goes. */
  void conformance(long deadline) {
    if (journal.has(CONFORMANCE)) {
      return;
    }
    List<Case> cases = Case.of(Problems.resource("problems/verify.txt"));
    long passed = 0;
    long failed = 0;
    List<Object> failures = new ArrayList<>();
    int done = 0;
    while (done < cases.size() && System.nanoTime() < deadline) {
      watchdog.item();
      int to = Math.min(cases.size(), done + CASES_AT_A_TIME);
      VerifyReport report =
          VerifyRun.run(List.of(engine), cases.subList(done, to), List.of(), terminal);
      passed += report.passed();
      failed += report.failed();
      if (report.failed() > 0
          && report.toJson(new Machine(List.of())).get("rows") instanceof List<?> rows) {
        rows.stream()
            .filter(row -> row instanceof Map<?, ?> fields && "failed".equals(fields.get("status")))
            .limit(FAILURES_KEPT - failures.size())
            .forEach(failures::add);
      }
      done = to;
    }
    Map<String, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("key", CONFORMANCE);
    entry.put("cases", cases.size());
    entry.put("cases_reached", done);
    entry.put("passed", passed);
    entry.put("failed", failed);
    entry.put("failures", failures);
    journal.add(entry);
  }
}
