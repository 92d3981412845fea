package dev.conv4j.onnx.op.conv;

import dev.conv4j.ConvPlan;
import dev.conv4j.PackedFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A constant filter in the forms its plans want it. Plans for other batches mostly pack alike, and
 * then share one memory. Thread-safe.
 */
final class Filters implements AutoCloseable {

  /** Forms kept in memory of their own; a plan beyond them reads the filter as it lies. */
  private static final int MOST = 4;

  private volatile List<PackedFilter> packed = List.of();

  /** Those that have memory of their own. */
  private final List<PackedFilter> forms = new ArrayList<>();

  /** Whether another form would be one too many; packing it to find out would cost each run. */
  private boolean full;

  /**
   * Returns the filter packed for a plan, or null when there are too many forms already.
   *
   * @param packing packs it for this plan
   */
  @Nullable PackedFilter forPlan(ConvPlan plan, Supplier<PackedFilter> packing) {
    PackedFilter known = find(plan);
    return known != null ? known : pack(plan, packing);
  }

  private @Nullable PackedFilter find(ConvPlan plan) {
    for (PackedFilter form : packed) {
      if (plan.accepts(form)) {
        return form;
      }
    }
    return null;
  }

  private synchronized @Nullable PackedFilter pack(ConvPlan plan, Supplier<PackedFilter> packing) {
    PackedFilter known = find(plan);
    if (known != null || full) {
      return known;
    }
    PackedFilter fresh = packing.get();
    PackedFilter form = fresh.sharedWith(forms);
    if (form.equals(fresh)) {
      forms.add(form);
      full = forms.size() >= MOST;
    }
    List<PackedFilter> more = new ArrayList<>(packed);
    more.add(form);
    packed = List.copyOf(more);
    return form;
  }

  @Override
  public synchronized void close() {
    packed.forEach(PackedFilter::close);
    packed = List.of();
    forms.clear();
  }
}
