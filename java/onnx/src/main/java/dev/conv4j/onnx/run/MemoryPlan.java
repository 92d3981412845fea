package dev.conv4j.onnx.run;

import dev.conv4j.onnx.OnnxTensor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where every intermediate value lies in one block of memory, so that values that are never alive
 * together share room: the largest first, each as low as it goes ("greedy by size", Pisarchyk and
 * Lee, "Efficient Memory Management for Deep Neural Net Inference"). Immutable.
 *
 * @param offset place of each value, -1 for values that do not lie here
 * @param size room of each value in bytes
 * @param bytes size of the block
 * @param separateBytes what the values would take without sharing
 * @param inPlace values that took the memory of an input
 * @param joined values that are made at their place in another one; their size is exact
 * @param parts values that are ranges of larger ones and have no memory of their own, null for all
 *     others
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MemoryPlan(
    long[] offset,
    long[] size,
    long bytes,
    long separateBytes,
    int inPlace,
    boolean[] joined,
    @Nullable Part[] parts) {

  /**
   * A value that is a range of a larger one along an axis.
   *
   * @param look what it looks like
   * @param of the larger value
   * @param whole what that looks like
   * @param axis the axis
   * @param first where the range begins
   */
  record Part(OnnxTensor look, int of, OnnxTensor whole, int axis, long first) {}

  /** Returns whether there is room for a value of this size. */
  boolean fits(int value, long wanted) {
    return offset[value] >= 0 && (joined[value] ? size[value] == wanted : size[value] >= wanted);
  }

  /** Returns how many values are ranges of larger ones. */
  long slices() {
    return Arrays.stream(parts).filter(Objects::nonNull).count();
  }
}
