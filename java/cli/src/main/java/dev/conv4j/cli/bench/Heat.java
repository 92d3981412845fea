package dev.conv4j.cli.bench;

import dev.conv4j.ClosedException;
import dev.conv4j.Conv4jException;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.Shape;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cli.check.SampledCheck;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One problem with all its contestants: made ready on the same data, checked, timed in turn. */
final class Heat implements AutoCloseable {

  /** Rotated operands together pass this, which is beyond the L2 of any CPU core. */
  private static final long ROTATED_BYTES = 16L << 20;

  private static final int FEWEST_SETS = 3;
  private static final int MOST_SETS = 64;
  private static final String REFERENCE = "reference";
  private static final long SEED = 20_250_916;

  private final BenchRequest request;
  private final String suite;
  private final Convolution problem;
  private final List<Entry> entries = new ArrayList<>();

  Heat(BenchRequest request, String suite, Convolution problem) {
    this.request = request;
    this.suite = suite;
    this.problem = problem;
  }

  Convolution problem() {
    return problem;
  }

  String suite() {
    return suite;
  }

  List<Entry> entries() {
    return entries;
  }

  /** Returns the bytes that all contestants' operands take, about. */
  long bytes() {
    int contestants =
        request.stations().size() * Math.max(1, request.algorithms().size())
            + request.peers().size() * request.peerThreads().size();
    return bytesPerSet() * sets() * contestants;
  }

  private long bytesPerSet() {
    return problem.inputShape().bytes(request.format().input())
        + problem.filterShape().bytes(request.format().filter())
        + problem.outputShape().bytes(request.format().output());
  }

  /** Every problem is also held on the host once, for the oracle and the peers. */
  private void requireHostMemory() {
    if (bytesPerSet() > HostMemory.total() / 4) {
      throw new InvalidArgumentException(
          "problem " + problem,
          String.format(Locale.ROOT, "%.1f GiB large", bytesPerSet() / (double) (1L << 30)),
          "at most a quarter of this machine's memory");
    }
  }

  private int sets() {
    return request.warm()
        ? 1
        : Math.clamp(Math.ceilDiv(ROTATED_BYTES, bytesPerSet()), FEWEST_SETS, MOST_SETS);
  }

  /** Makes every contestant ready, runs it once and checks the result. */
  void prepare() {
    requireHostMemory();
    Task.Format format = request.format();
    SplittableRandom random = new SplittableRandom(SEED);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x = operand(arena, random, problem.inputShape(), format.input());
      MemorySegment w = operand(arena, random, problem.filterShape(), format.filter());
      SampledCheck check =
          new SampledCheck(problem, x, format.input(), w, format.filter(), format.output());
      for (Station station : request.stations()) {
        Task task = new Task(problem, format, station.threads(), sets(), x, w);
        for (String algorithm : algorithms(station)) {
          prepareOurs(station, task, algorithm.isEmpty() ? null : algorithm, check);
        }
      }
      for (BenchRequest.PresentPeer peer : request.peers()) {
        for (int threads : request.peerThreads()) {
          preparePeer(peer, new Task(problem, format, threads, sets(), x, w), check);
        }
      }
    }
  }

  /** Random values everywhere: zeros are faster on some hardware. */
  private static MemorySegment operand(
      Arena arena, SplittableRandom random, Shape shape, DType type) {
    MemorySegment values = arena.allocate(shape.bytes(type), 64);
    for (long i = 0; i < shape.elements(); i++) {
      type.store(
          values,
          i,
          type.isInteger()
              ? random.nextInt(type == DType.U8 ? 0 : -128, type == DType.U8 ? 256 : 128)
              : random.nextDouble(-1, 1));
    }
    return values;
  }

  /** The ids to force, or one empty name for the planner's choice. */
  private List<String> algorithms(Station station) {
    if (request.algorithms().isEmpty()) {
      return List.of("");
    }
    boolean every = request.algorithms().contains(BenchRequest.EVERY_ALGORITHM);
    if (!every && !request.algorithms().contains(BenchRequest.EVERY_FAST)) {
      return request.algorithms();
    }
    return plan(station).explain().candidates().stream()
        .filter(candidate -> candidate.predictedSeconds().isPresent())
        .map(Candidate::algorithm)
        .filter(id -> every || !id.equals(REFERENCE))
        .toList();
  }

  /** Returns the plan that no algorithm is forced on. */
  private ConvPlan plan(Station station) {
    return station.engine().plan(problem, EngineContender.options(request.format(), null));
  }

  private void prepareOurs(
      Station station, Task task, @Nullable String algorithm, SampledCheck check) {
    Row.Who who = Row.Who.device(station.device(), algorithm, station.threads());
    Entry entry = new Entry(who, station);
    entries.add(entry);
    guarded(
        entry,
        () -> {
          EngineContender contender = EngineContender.prepare(station.engine(), task, algorithm);
          entry.enter(
              contender, who.with(contender.algorithm(), plan(station).algorithm()), sets(), check);
          return entry.check();
        });
  }

  private void preparePeer(BenchRequest.PresentPeer peer, Task task, SampledCheck check) {
    Row.Who who =
        Row.Who.peer(peer.peer().name(), peer.version(), peer.peer().form(), task.threads());
    Entry entry = new Entry(who, null);
    entries.add(entry);
    guarded(
        entry,
        () ->
            peer.peer()
                .prepare(task)
                .map(contender -> {
                  entry.enter(contender, who, sets(), check);
                  return entry.check();
                })
                .orElse(Verdict.skipped("not taken")));
  }

  /** One contestant's failure is its own row's result. */
  private static void guarded(Entry entry, Supplier<Verdict> action) {
    try {
      entry.judge(action.get());
    } catch (UnsupportedProblemException refused) {
      entry.judge(Verdict.skipped(String.valueOf(refused.getMessage())));
    } catch (InvalidArgumentException | ClosedException misuse) {
      throw misuse;
    } catch (Conv4jException failed) {
      entry.judge(Verdict.failed(String.valueOf(failed.getMessage()), Double.NaN));
    }
  }

  /** Checks every copy of the result as the timed runs left it, and returns the rows. */
  List<Row> finish() {
    List<Row> rows = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.running()) {
        guarded(entry, entry::check);
      }
      rows.add(entry.row(this, request));
    }
    return rows;
  }

  @Override
  public void close() {
    entries.forEach(Entry::close);
  }
}
