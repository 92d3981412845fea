package dev.conv4j.bench.gpu;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.PackedFilter;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The engine's side of a comparison: the planner's choice on rotating operands. */
final class Ours implements Side {

  private record Set(Tensor first, Tensor second, @Nullable PackedFilter packed, Tensor result)
      implements AutoCloseable {

    @Override
    public void close() {
      result.close();
      if (packed != null) {
        packed.close();
      }
      second.close();
      first.close();
    }
  }

  private final Engine engine;
  private final ConvPlan plan;
  private final List<Set> sets = new ArrayList<>();

  Ours(Engine engine, Item item, MemorySegment first, MemorySegment second, int count) {
    this.engine = engine;
    this.plan = engine.plan(item.problem(), options(item));
    try {
      for (int i = 0; i < count; i++) {
        sets.add(set(item, first, second));
      }
    } catch (RuntimeException | Error failed) {
      close();
      throw failed;
    }
  }

  static ConvOptions options(Item item) {
    return ConvOptions.builder()
        .direction(item.direction())
        .type(item.mode().type())
        .layout(item.mode().layout())
        .mathMode(item.mode().math())
        .fallback(FallbackPolicy.ALLOW)
        .build();
  }

  private Set set(Item item, MemorySegment first, MemorySegment second) {
    DType type = item.mode().type();
    Tensor a = engine.tensor(shapes(item)[0], type, item.mode().layout()).copyFrom(first, type);
    Tensor b = engine.tensor(shapes(item)[1], type, item.mode().layout()).copyFrom(second, type);
    PackedFilter packed = item.direction() == Direction.BACKWARD_FILTER ? null : plan.pack(b);
    return new Set(a, b, packed, plan.newResult());
  }

  /** Returns the shapes of first and second operand and of the result. */
  static Shape[] shapes(Item item) {
    Shape x = item.problem().inputShape();
    Shape w = item.problem().filterShape();
    Shape y = item.problem().outputShape();
    return switch (item.direction()) {
      case FORWARD -> new Shape[] {x, w, y};
      case BACKWARD_DATA -> new Shape[] {y, w, x};
      case BACKWARD_FILTER -> new Shape[] {x, y, w};
    };
  }

  @Override
  public void enqueue(int turn) {
    Set set = sets.get(turn % sets.size());
    if (set.packed != null) {
      plan.run(set.first, set.packed, null, null, set.result);
    } else {
      plan.run(set.first, set.second, null, null, set.result);
    }
  }

  @Override
  public void finish() {
    engine.synchronize();
  }

  @Override
  public String complaint(SampleOracle oracle) {
    DType type = plan.options().resultType();
    Tensor result = sets.getFirst().result;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = arena.allocate(result.bytes(), 64);
      result.copyTo(host, type);
      LongToDoubleFunction values = at -> type.load(host, at);
      return oracle.complaint(values, errorFactor(), false);
    }
  }

  private double errorFactor() {
    return plan.explain().candidates().stream()
        .filter(Candidate::taken)
        .mapToDouble(Candidate::errorFactor)
        .findFirst()
        .orElse(1);
  }

  @Override
  public String algorithm() {
    return plan.algorithm();
  }

  @Override
  public long workspaceBytes() {
    return plan.explain().workspaceBytes();
  }

  @Override
  public void close() {
    sets.forEach(Set::close);
    sets.clear();
  }
}
