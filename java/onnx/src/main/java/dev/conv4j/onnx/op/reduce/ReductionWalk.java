package dev.conv4j.onnx.op.reduce;

import dev.conv4j.onnx.OnnxTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which elements make up each element of a reduction.
 *
 * @param dims the result's dimensions
 * @param keptExtents extents of the axes that stay
 * @param keptStrides their strides in the input
 * @param offsets where the elements of one group lie, relative to its first
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ReductionWalk(long[] dims, long[] keptExtents, long[] keptStrides, long[] offsets) {

  /** What is done with a group. */
  @FunctionalInterface
  interface Group {
    void run(long out, long first);
  }

  static ReductionWalk of(long[] dims, boolean[] reduced, boolean keepDims) {
    List<Long> out = new ArrayList<>();
    List<long[]> kept = new ArrayList<>();
    List<long[]> gone = new ArrayList<>();
    long stride = OnnxTensor.elements(dims);
    for (int i = 0; i < dims.length; i++) {
      stride = dims[i] == 0 ? 0 : stride / dims[i];
      (reduced[i] ? gone : kept).add(new long[] {dims[i], stride});
      if (!reduced[i]) {
        out.add(dims[i]);
      } else if (keepDims) {
        out.add(1L);
      }
    }
    long[] offsets = {0};
    for (long[] axis : gone) {
      long[] more = new long[Math.toIntExact(offsets.length * axis[0])];
      for (int i = 0; i < more.length; i++) {
        more[i] = offsets[(int) (i / axis[0])] + i % axis[0] * axis[1];
      }
      offsets = more;
    }
    return new ReductionWalk(
        out.stream().mapToLong(Long::longValue).toArray(),
        kept.stream().mapToLong(axis -> axis[0]).toArray(),
        kept.stream().mapToLong(axis -> axis[1]).toArray(),
        offsets);
  }

  void each(Group group) {
    long total = Arrays.stream(keptExtents).reduce(1, (a, b) -> a * b);
    for (long out = 0; out < total; out++) {
      long first = 0;
      long rest = out;
      for (int k = keptExtents.length - 1; k >= 0; k--) {
        first += rest % keptExtents[k] * keptStrides[k];
        rest /= keptExtents[k];
      }
      group.run(out, first);
    }
  }
}
