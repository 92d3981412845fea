package dev.conv4j.onnx.run;

import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Slice;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Where the intermediate values of one run live. Used by one thread. */
interface RunMemory extends AutoCloseable {

  /** Returns memory for a value a step makes. */
  MemorySegment allocate(int step, int value, long bytes);

  /** Returns where a value is to be made as a range of a larger one, or null. */
  default @Nullable Slice slice(int value, ElementType type, long... dims) {
    return null;
  }

  /** Returns the engine's tensor in which a value lies that was made here, or null. */
  @Nullable Tensor holder(MemorySegment value);

  /** Notes that a value shares the memory of others. */
  void alias(int value, OnnxTensor elements);

  /** Notes that nobody reads a value any more. */
  void release(int value);

  @Override
  void close();
}
