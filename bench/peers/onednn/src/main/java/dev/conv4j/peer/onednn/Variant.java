package dev.conv4j.peer.onednn;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One way to let the library compute a convolution: its primitive, and what rearranges operands on
 * the way in and out.
 */
final class Variant implements AutoCloseable {

  private final OneDnn library;
  private final MemorySegment descriptor;
  private final MemorySegment plainSource;
  private final MemorySegment plainWeights;
  private final MemorySegment plainResult;
  private final boolean winograd;

  private Variant(
      OneDnn library, MemorySegment descriptor, MemorySegment[] plain, boolean winograd) {
    this.library = library;
    this.descriptor = descriptor;
    this.plainSource = plain[0];
    this.plainWeights = plain[1];
    this.plainResult = plain[2];
    this.winograd = winograd;
  }

  /**
   * Returns a variant, or nothing where the library has none.
   *
   * @param algorithm one of the library's numbers
   * @param anyOrder whether the library chooses the order of input and result
   */
  static Optional<Variant> of(OneDnn library, Task task, int algorithm, boolean anyOrder) {
    Convolution c = task.problem();
    Layout layout = task.format().layout();
    long[] x = c.inputShape().dims();
    long[] y = c.outputShape().dims();
    long[] w = filterExtents(c);
    MemorySegment[] plain = {
      library.descriptor(x, c.inputShape().strides(layout)),
      library.descriptor(w, filterStrides(c)),
      library.descriptor(y, c.outputShape().strides(layout))
    };
    MemorySegment anyWeights = library.anyDescriptor(w);
    MemorySegment source = anyOrder ? library.anyDescriptor(x) : plain[0];
    MemorySegment result = anyOrder ? library.anyDescriptor(y) : plain[2];
    MemorySegment descriptor =
        library.convolution(algorithm, source, anyWeights, result, geometry(c));
    if (anyOrder) {
      library.destroy("dnnl_memory_desc_destroy", source);
      library.destroy("dnnl_memory_desc_destroy", result);
    }
    library.destroy("dnnl_memory_desc_destroy", anyWeights);
    Variant made = new Variant(library, descriptor, plain, algorithm == OneDnn.WINOGRAD);
    if (descriptor.equals(MemorySegment.NULL)) {
      made.close();
      return Optional.empty();
    }
    return Optional.of(made);
  }

  /** Groups are an axis of their own. */
  private static long[] filterExtents(Convolution c) {
    long[] whole = c.filterShape().dims();
    if (c.groups() == 1) {
      return whole;
    }
    long[] extents = new long[whole.length + 1];
    extents[0] = c.groups();
    extents[1] = c.filtersPerGroup();
    System.arraycopy(whole, 1, extents, 2, whole.length - 1);
    return extents;
  }

  /** The task's filter lies in logical order. */
  private static long[] filterStrides(Convolution c) {
    long[] extents = filterExtents(c);
    long[] strides = new long[extents.length];
    long step = 1;
    for (int i = extents.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= extents[i];
    }
    return strides;
  }

  /** Stride, dilation as the library counts it (0 is none), padding before and behind. */
  private static long[][] geometry(Convolution c) {
    int rank = c.inputShape().rank() - 2;
    long[] dilation = axes(c.dilation(), rank);
    for (int i = 0; i < rank; i++) {
      dilation[i]--;
    }
    return new long[][] {
      axes(c.stride(), rank), dilation, axes(c.padBegin(), rank), axes(c.padEnd(), rank)
    };
  }

  private static long[] axes(Axes values, int rank) {
    long[] last = new long[rank];
    for (int i = 0; i < rank; i++) {
      last[i] = values.get(3 - rank + i);
    }
    return last;
  }

  OneDnn library() {
    return library;
  }

  MemorySegment descriptor() {
    return descriptor;
  }

  MemorySegment plainSource() {
    return plainSource;
  }

  MemorySegment plainWeights() {
    return plainWeights;
  }

  MemorySegment plainResult() {
    return plainResult;
  }

  MemorySegment source() {
    return library.query(descriptor, OneDnn.QUERY_SRC);
  }

  MemorySegment weights() {
    return library.query(descriptor, OneDnn.QUERY_WEIGHTS);
  }

  MemorySegment result() {
    return library.query(descriptor, OneDnn.QUERY_DST);
  }

  boolean winograd() {
    return winograd;
  }

  @Override
  public void close() {
    if (!descriptor.equals(MemorySegment.NULL)) {
      library.destroy("dnnl_primitive_desc_destroy", descriptor);
    }
    library.destroy("dnnl_memory_desc_destroy", plainSource);
    library.destroy("dnnl_memory_desc_destroy", plainWeights);
    library.destroy("dnnl_memory_desc_destroy", plainResult);
  }
}
