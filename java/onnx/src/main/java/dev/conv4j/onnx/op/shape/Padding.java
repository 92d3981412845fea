package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Pad: more elements at the ends of each axis, or fewer where the padding is negative. */
final class Padding implements Kernel {

  private enum Mode {
    CONSTANT,
    REFLECT,
    EDGE,
    WRAP
  }

  private final Mode mode;
  private final long @Nullable [] pads;
  private final float value;

  Padding(Node node) {
    String text = node.attributes().text("mode", "constant");
    this.mode =
        switch (text) {
          case "constant" -> Mode.CONSTANT;
          case "reflect" -> Mode.REFLECT;
          case "edge" -> Mode.EDGE;
          case "wrap" -> Mode.WRAP;
          default ->
              throw new InvalidArgumentException(
                  "attribute mode", "'" + text + "'", "constant, reflect, edge or wrap");
        };
    this.pads = node.attributes().integers("pads");
    this.value = node.attributes().real("value", 0);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    long[][] ends = ends(frame, x.rank());
    long[] dims = x.dims();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.addExact(dims[i], Math.addExact(ends[0][i], ends[1][i]));
      if (dims[i] < 0 || (mode != Mode.CONSTANT && dims[i] > 0 && x.dim(i) == 0)) {
        throw new InvalidArgumentException("pads", dims[i], "an extent of 0 or more on axis " + i);
      }
    }
    OnnxTensor y = frame.out(0, x.type(), dims);
    long[][] sources = new long[dims.length][];
    for (int i = 0; i < dims.length; i++) {
      sources[i] = new long[Math.toIntExact(dims[i])];
      for (int at = 0; at < sources[i].length; at++) {
        sources[i][at] = source(at - ends[0][i], x.dim(i));
      }
    }
    OnnxTensor fill = OnnxTensor.zeros(x.type());
    OnnxTensor given = frame.optional(2);
    if (given != null) {
      MemorySegment.copy(given.memory(), 0, fill.memory(), 0, x.type().bytes());
    } else {
      x.type().setDouble(fill.memory(), 0, value);
    }
    copy(x, y, sources, fill);
  }

  private long[][] ends(Frame frame, int rank) {
    OnnxTensor input = frame.optional(1);
    long[] listed = input != null ? input.toLongArray() : pads;
    OnnxTensor axesInput = frame.optional(3);
    long[] all = new long[rank];
    for (int i = 0; i < rank; i++) {
      all[i] = i;
    }
    int[] axes = Axis.of(axesInput == null ? all : axesInput.toLongArray(), rank);
    if (listed == null || listed.length != 2 * axes.length) {
      throw new InvalidArgumentException(
          "pads", Arrays.toString(listed), 2 * axes.length + " numbers");
    }
    long[][] ends = new long[2][rank];
    for (int i = 0; i < axes.length; i++) {
      ends[0][axes[i]] = listed[i];
      ends[1][axes[i]] = listed[axes.length + i];
    }
    return ends;
  }

  /** Returns the input coordinate, or -1 for the constant. */
  private long source(long at, long extent) {
    if (at >= 0 && at < extent) {
      return at;
    }
    return switch (mode) {
      case CONSTANT -> -1;
      case EDGE -> at < 0 ? 0 : extent - 1;
      case WRAP -> Math.floorMod(at, extent);
      case REFLECT -> {
        long period = Math.max(1, 2 * (extent - 1));
        long folded = Math.floorMod(at, period);
        yield folded < extent ? folded : period - folded;
      }
    };
  }

  private static void copy(OnnxTensor x, OnnxTensor y, long[][] sources, OnnxTensor fill) {
    int rank = sources.length;
    ElementType type = x.type();
    int bytes = type.bytes();
    long[] strides = StridedCopy.strides(x.dims());
    long[] position = new long[rank];
    for (long i = 0; i < y.elements(); i++) {
      long at = 0;
      boolean inside = true;
      for (int k = 0; k < rank; k++) {
        long source = sources[k][(int) position[k]];
        inside &= source >= 0;
        at += source * strides[k];
      }
      MemorySegment from = inside ? x.memory() : fill.memory();
      MemorySegment.copy(from, inside ? at * bytes : 0, y.memory(), i * bytes, bytes);
      for (int k = rank - 1; k >= 0 && ++position[k] == sources[k].length; k--) {
        position[k] = 0;
      }
    }
  }
}
