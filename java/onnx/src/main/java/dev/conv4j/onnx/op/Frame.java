package dev.conv4j.onnx.op;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One run of one node, as its kernel sees it. Used by one thread. */
public interface Frame {

  /** Returns how many inputs the node lists. */
  int inputs();

  /** Returns an input, or null when it is left out. */
  @Nullable OnnxTensor optional(int index);

  /**
   * Returns an input.
   *
   * @throws InvalidArgumentException if it is left out
   */
  default OnnxTensor in(int index) {
    OnnxTensor value = optional(index);
    if (value == null) {
      throw new InvalidArgumentException("input " + index, "missing", "a tensor");
    }
    return value;
  }

  /** Returns whether an input has the same value in every run. */
  boolean isConstant(int index);

  /** Returns how many outputs the node lists. */
  int outputs();

  /** Returns whether somebody reads an output. */
  boolean wants(int index);

  /** Makes an output, with arbitrary contents; the kernel writes every element. */
  OnnxTensor out(int index, ElementType type, long... dims);

  /**
   * Makes an output for the engine to write: in host memory as {@link #out} where the engine works
   * there, else on its device.
   */
  OnnxTensor result(int index, ElementType type, long... dims);

  /**
   * Makes an output as a range of a larger value, where the run's memory has been planned so after
   * {@link Kernel#fills}.
   *
   * @return where it is to be written, or null where it is one by itself, for {@link #result}
   */
  default @Nullable Slice slice(int index, ElementType type, long... dims) {
    return null;
  }

  /** Returns where an input lies that was made as a range of a larger value, else null. */
  default @Nullable Slice sliced(int input) {
    return null;
  }

  /** Makes an output of an input's elements. */
  void alias(int index, OnnxTensor elements);

  /**
   * Returns the engine.
   *
   * @throws UnsupportedOperationException while constants are folded, when there is none
   */
  Engine engine();

  /** Returns whether there is an engine: not while constants are folded. */
  boolean offloads();

  /** Returns whether the engine works in host memory. */
  boolean hostIsDevice();

  /**
   * Returns the engine's tensor in whose memory a value of the host lies, or null where it is
   * somebody else's.
   */
  default @Nullable Tensor holder(OnnxTensor value) {
    return null;
  }

  /** Returns a copy of a value of the host on the engine's device, which the frame closes. */
  Tensor upload(OnnxTensor value);

  /**
   * Does items on the engine's threads, in any order, and returns when all are done. No two items
   * write the same memory.
   */
  void parallel(long items, LongConsumer item);

  /** Returns how the session computes. */
  SessionOptions options();
}
