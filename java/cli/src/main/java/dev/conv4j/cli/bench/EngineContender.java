package dev.conv4j.cli.bench;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.PackedFilter;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.Tensor;
import dev.conv4j.cli.check.SampledCheck;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Our own engine on one device. Filters are packed beforehand, as a program would. */
final class EngineContender implements Contender {

  /** One copy of the operands. */
  private record Set(Tensor x, PackedFilter w, Tensor y) implements AutoCloseable {

    @Override
    public void close() {
      y.close();
      w.close();
      x.close();
    }
  }

  private final Engine engine;
  private final ConvPlan plan;
  private final List<Set> sets = new ArrayList<>();

  private EngineContender(Engine engine, ConvPlan plan) {
    this.engine = engine;
    this.plan = plan;
  }

  /**
   * Plans and fills the operands; results hold values no run can leave there.
   *
   * @param algorithm the one to use, or null for the planner's choice
   */
  static EngineContender prepare(Engine engine, Task task, @Nullable String algorithm) {
    ConvPlan plan = engine.plan(task.problem(), options(task.format(), algorithm));
    EngineContender contender = new EngineContender(engine, plan);
    try (Arena arena = Arena.ofShared();
        Tensor w =
            engine
                .tensor(
                    task.problem().filterShape(), task.format().filter(), task.format().layout())
                .copyFrom(task.w(), task.format().filter())) {
      MemorySegment poison = poison(arena, task);
      for (int i = 0; i < task.sets(); i++) {
        contender.add(task, w, poison);
      }
      return contender;
    } catch (RuntimeException | Error failed) {
      contender.close();
      throw failed;
    }
  }

  static ConvOptions options(Task.Format format, @Nullable String algorithm) {
    return ConvOptions.builder()
        .types(format.input(), format.filter(), format.output())
        .layout(format.layout())
        .algorithm(algorithm)
        .fallback(FallbackPolicy.ALLOW)
        .build();
  }

  private static MemorySegment poison(Arena arena, Task task) {
    long elements = task.problem().outputShape().elements();
    MemorySegment poison =
        arena.allocate(task.problem().outputShape().bytes(task.format().output()), 64);
    for (long i = 0; i < elements; i++) {
      task.format().output().store(poison, i, SampledCheck.poison(task.format().output()));
    }
    return poison;
  }

  private void add(Task task, Tensor w, MemorySegment poison) {
    Task.Format format = task.format();
    Tensor x = engine.tensor(task.problem().inputShape(), format.input(), format.layout());
    Tensor y = null;
    try {
      x.copyFrom(task.x(), format.input());
      y = plan.newResult();
      y.copyFrom(poison, format.output());
      sets.add(new Set(x, plan.pack(w), y));
    } catch (RuntimeException | Error failed) {
      x.close();
      if (y != null) {
        y.close();
      }
      throw failed;
    }
  }

  /** Returns the id of the algorithm that runs. */
  String algorithm() {
    return plan.algorithm();
  }

  /** Returns whether that is the slow reference. */
  boolean reference() {
    return plan.explain().reference();
  }

  @Override
  public void run(int set) {
    Set operands = sets.get(set);
    plan.run(operands.x, operands.w, null, null, operands.y);
    engine.synchronize();
  }

  @Override
  public void read(int set, MemorySegment y) {
    sets.get(set).y.copyTo(y, plan.options().outputType());
  }

  @Override
  public long scratchBytes() {
    return plan.explain().workspaceBytes();
  }

  @Override
  public double errorFactor() {
    return plan.explain().candidates().stream()
        .filter(Candidate::taken)
        .mapToDouble(Candidate::errorFactor)
        .findFirst()
        .orElse(1);
  }

  @Override
  public void close() {
    sets.forEach(Set::close);
    sets.clear();
  }
}
