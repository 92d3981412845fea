package dev.conv4j.peer.onednn;

import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A variant with its operands. The filter is rearranged once. Where the library's order differs
 * from the task's, a run rearranges input and result too, unless the operands are to stay in the
 * library's order; then that is done before and after.
 */
final class OneDnnContender implements Contender {

  private static final int ALIGNMENT = 64;

  /** One copy of the operands, and the arguments of the three primitives over them. */
  private record Set(
      MemorySegment userX,
      MemorySegment userY,
      MemorySegment in,
      MemorySegment convolve,
      MemorySegment out) {}

  private final Arena arena = Arena.ofShared();
  private final List<Set> sets = new ArrayList<>();
  private final List<MemorySegment> memories = new ArrayList<>();
  private final Variant variant;
  private final OneDnn library;
  private final Task task;
  private final boolean timesReorders;
  private final MemorySegment primitive;
  private final MemorySegment reorderIn;
  private final MemorySegment reorderOut;
  private final boolean reordersIn;
  private final boolean reordersOut;

  /**
   * @param variant what to run; closed with this
   * @param task the operands; number of threads given
   * @param timesReorders whether a run begins and ends in the task's order
   */
  OneDnnContender(Variant variant, Task task, boolean timesReorders) {
    this.variant = variant;
    this.library = variant.library();
    this.task = task;
    this.timesReorders = timesReorders;
    library.threads(task.threads());
    primitive = library.primitive(variant.descriptor());
    reordersIn = !library.equal(variant.plainSource(), variant.source());
    reordersOut = !library.equal(variant.plainResult(), variant.result());
    reorderIn = library.reorder(variant.plainSource(), variant.source());
    reorderOut = library.reorder(variant.result(), variant.plainResult());
    MemorySegment weights = weights();
    for (int i = 0; i < task.sets(); i++) {
      sets.add(set(weights));
    }
  }

  private MemorySegment weights() {
    MemorySegment plain = buffer(variant.plainWeights());
    plain.copyFrom(task.w().asSlice(0, task.problem().filterShape().bytes(task.format().filter())));
    MemorySegment packed = memory(variant.weights(), buffer(variant.weights()));
    MemorySegment reorder = library.reorder(variant.plainWeights(), variant.weights());
    MemorySegment from = memory(variant.plainWeights(), plain);
    library.execute(reorder, OneDnn.arguments(arena, OneDnn.ARG_SRC, from, OneDnn.ARG_DST, packed));
    library.await();
    library.destroy("dnnl_primitive_destroy", reorder);
    return packed;
  }

  private Set set(MemorySegment weights) {
    MemorySegment userX = buffer(variant.plainSource());
    MemorySegment userY = buffer(variant.plainResult());
    transpose(task.problem().inputShape(), task.x(), userX, true);
    MemorySegment x = reordersIn ? buffer(variant.source()) : userX;
    MemorySegment y = reordersOut ? buffer(variant.result()) : userY;
    // A pattern that is NaN in f32: what no run writes is seen by the check.
    y.fill((byte) 0xff);
    userY.fill((byte) 0xff);
    MemorySegment plainX = memory(variant.plainSource(), userX);
    MemorySegment plainY = memory(variant.plainResult(), userY);
    MemorySegment ownX = memory(variant.source(), x);
    MemorySegment ownY = memory(variant.result(), y);
    Set set =
        new Set(
            userX,
            userY,
            OneDnn.arguments(arena, OneDnn.ARG_SRC, plainX, OneDnn.ARG_DST, ownX),
            OneDnn.arguments(
                arena, OneDnn.ARG_SRC, ownX, OneDnn.ARG_WEIGHTS, weights, OneDnn.ARG_DST, ownY),
            OneDnn.arguments(arena, OneDnn.ARG_SRC, ownY, OneDnn.ARG_DST, plainY));
    if (reordersIn) {
      library.execute(reorderIn, set.in);
      library.await();
    }
    return set;
  }

  private MemorySegment buffer(MemorySegment memoryDescriptor) {
    return arena.allocate(Math.max(1, library.bytes(memoryDescriptor)), ALIGNMENT);
  }

  private MemorySegment memory(MemorySegment memoryDescriptor, MemorySegment buffer) {
    MemorySegment memory = library.memory(memoryDescriptor, buffer);
    memories.add(memory);
    return memory;
  }

  /** Copies between logical order and the task's. */
  private void transpose(Shape shape, MemorySegment from, MemorySegment to, boolean inwards) {
    if (task.format().layout() == Layout.NCHW) {
      to.asSlice(0, shape.bytes(task.format().input()))
          .copyFrom(from.asSlice(0, shape.bytes(task.format().input())));
      return;
    }
    long[] strides = shape.strides(task.format().layout());
    long[] dims = shape.dims();
    long space = shape.elements() / dims[0] / dims[1];
    long pixel = strides[strides.length - 1];
    for (long n = 0; n < dims[0]; n++) {
      for (long c = 0; c < dims[1]; c++) {
        for (long i = 0; i < space; i++) {
          long logical = ((n * dims[1] + c) * space + i) * Float.BYTES;
          long own = (n * strides[0] + c * strides[1] + i * pixel) * Float.BYTES;
          MemorySegment.copy(
              from, inwards ? logical : own, to, inwards ? own : logical, Float.BYTES);
        }
      }
    }
  }

  @Override
  public void run(int set) {
    Set operands = sets.get(set);
    library.threads(task.threads());
    if (timesReorders && reordersIn) {
      library.execute(reorderIn, operands.in);
    }
    library.execute(primitive, operands.convolve);
    if (timesReorders && reordersOut) {
      library.execute(reorderOut, operands.out);
    }
    library.await();
  }

  @Override
  public void read(int set, MemorySegment y) {
    if (reordersOut && !timesReorders) {
      library.execute(reorderOut, sets.get(set).out);
      library.await();
    }
    transpose(task.problem().outputShape(), sets.get(set).userY, y, false);
  }

  @Override
  public double errorFactor() {
    return variant.winograd() ? OneDnnPeer.WINOGRAD_ERROR : 1;
  }

  @Override
  public void close() {
    memories.forEach(memory -> library.destroy("dnnl_memory_destroy", memory));
    library.destroy("dnnl_primitive_destroy", primitive);
    library.destroy("dnnl_primitive_destroy", reorderIn);
    library.destroy("dnnl_primitive_destroy", reorderOut);
    variant.close();
    arena.close();
  }
}
