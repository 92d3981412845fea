package dev.conv4j.peer.model;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.Shape;
import java.lang.foreign.MemorySegment;

/**
 * An ONNX model of one Conv node whose filter is an initializer, so that a session rearranges it
 * when it is made. Field numbers are those of onnx.proto.
 */
public final class ConvModel {

  /** Name of the input. */
  public static final String INPUT = "x";

  /** Name of the result. */
  public static final String RESULT = "y";

  private static final String FILTER = "w";
  private static final int FLOAT = 1;
  private static final int INTS = 7;
  private static final int INT = 2;
  private static final int IR_VERSION = 8;
  private static final int OPSET = 13;

  private ConvModel() {}

  /**
   * Returns the model's bytes.
   *
   * @param problem the convolution
   * @param w the filter, f32 in logical order
   */
  public static byte[] of(Convolution problem, MemorySegment w) {
    Shape filter = problem.filterShape();
    Message weights =
        new Message()
            .number(2, FLOAT)
            .text(8, FILTER)
            .memory(9, w.asSlice(0, filter.elements() * Float.BYTES));
    for (long extent : filter.dims()) {
      weights.number(1, extent);
    }
    Message graph =
        new Message()
            .message(1, node(problem))
            .text(2, "convolution")
            .message(5, weights)
            .message(11, value(INPUT, problem.inputShape()))
            .message(12, value(RESULT, problem.outputShape()));
    return new Message()
        .number(1, IR_VERSION)
        .message(7, graph)
        .message(8, new Message().text(1, "").number(2, OPSET))
        .toBytes();
  }

  private static Message node(Convolution c) {
    int rank = c.inputShape().rank() - 2;
    long[] pads = new long[2 * rank];
    System.arraycopy(axes(c.padBegin(), rank), 0, pads, 0, rank);
    System.arraycopy(axes(c.padEnd(), rank), 0, pads, rank, rank);
    return new Message()
        .text(1, INPUT)
        .text(1, FILTER)
        .text(2, RESULT)
        .text(4, "Conv")
        .message(5, ints("kernel_shape", axes(c.filter(), rank)))
        .message(5, ints("strides", axes(c.stride(), rank)))
        .message(5, ints("dilations", axes(c.dilation(), rank)))
        .message(5, ints("pads", pads))
        .message(5, new Message().text(1, "group").number(3, c.groups()).number(20, INT));
  }

  private static long[] axes(Axes values, int rank) {
    long[] last = new long[rank];
    for (int i = 0; i < rank; i++) {
      last[i] = values.get(3 - rank + i);
    }
    return last;
  }

  private static Message ints(String name, long[] values) {
    Message attribute = new Message().text(1, name);
    for (long value : values) {
      attribute.number(8, value);
    }
    return attribute.number(20, INTS);
  }

  private static Message value(String name, Shape shape) {
    Message extents = new Message();
    for (long extent : shape.dims()) {
      extents.message(1, new Message().number(1, extent));
    }
    Message tensor = new Message().number(1, FLOAT).message(2, extents);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }
}
