package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.OperatorPlan;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.onnx.op.Slice;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Concat. Where nothing lies before the axis, each input is a stretch of the result, else a slice:
 * a memory plan can have it made there, and then there is nothing to copy.
 */
final class Concat implements Kernel {

  /** Bytes that are worth a turn of a thread. */
  private static final long TURN = 1 << 16;

  /** To begin a copy. */
  private static final double ROW_SECONDS = 15e-9;

  private final long given;

  Concat(Node node) {
    this.given = node.attributes().integer("axis", 1);
  }

  @Override
  public int joined(int rank) {
    return Axis.of(given, rank);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor first = frame.in(0);
    int axis = Axis.of(given, first.rank());
    OnnxTensor[] parts = new OnnxTensor[frame.inputs()];
    long[] dims = first.dims();
    dims[axis] = 0;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = frame.in(i);
      dims[axis] += extent(first, parts[i], axis);
    }
    if (!onDevice(frame, parts, axis, dims)) {
      onHost(frame, parts, axis, dims);
    }
  }

  @Override
  public double seconds(Frame frame) {
    long bytes = 0;
    double rows = 0;
    for (int i = 0; i < frame.inputs(); i++) {
      OnnxTensor part = frame.optional(i);
      if (part != null) {
        long outer = Axis.product(part.dims(), 0, Axis.of(given, part.rank()));
        bytes += outer == 1 ? 0 : part.bytes();
        rows += outer == 1 ? 0 : outer;
      }
    }
    return rows == 0 ? 0 : StridedCopy.seconds(bytes) + rows * ROW_SECONDS;
  }

  private static long extent(OnnxTensor first, OnnxTensor other, int axis) {
    boolean fits = other.rank() == first.rank() && other.type() == first.type();
    for (int i = 0; fits && i < first.rank(); i++) {
      fits = i == axis || other.dim(i) == first.dim(i);
    }
    if (!fits) {
      throw new InvalidArgumentException(
          "input", other, "one that differs from " + first + " along axis " + axis + " only");
    }
    return other.dim(axis);
  }

  private static boolean onDevice(Frame frame, OnnxTensor[] parts, int axis, long[] dims) {
    long outer = Axis.product(dims, 0, axis);
    long row = Axis.product(dims, axis, dims.length);
    if (frame.hostIsDevice() || parts[0].type().bytes() != Float.BYTES || outer * row == 0) {
      return false;
    }
    OnnxTensor y = null;
    long at = 0;
    for (OnnxTensor part : parts) {
      long length = part.elements() / outer;
      if (length == 0) {
        continue;
      }
      StridedCopyProblem problem =
          new StridedCopyProblem(
              List.of(outer, length), 0, List.of(length, 1L), at, List.of(row, 1L));
      Optional<OperatorPlan> plan = Offload.plan(frame, problem, parts);
      if (plan.isEmpty()) {
        return false;
      }
      if (y == null) {
        y = frame.result(0, part.type(), dims);
      }
      Offload.run(frame, plan.get(), y, part);
      at += length;
    }
    return true;
  }

  private static void onHost(Frame frame, OnnxTensor[] parts, int axis, long[] dims) {
    OnnxTensor y = frame.out(0, parts[0].type(), dims);
    long outer = Axis.product(dims, 0, axis);
    long row = Axis.product(dims, axis, dims.length) * y.type().bytes();
    long at = 0;
    boolean[] there = there(frame, parts, axis, y);
    OnnxTensor[] apart = untangled(parts, there, y);
    for (int i = 0; i < parts.length; i++) {
      long part = outer == 0 ? 0 : parts[i].bytes() / outer;
      if (!there[i]) {
        copy(frame, apart[i].memory(), part, y.memory(), at, row, outer);
      }
      at += part;
    }
  }

  /** Finds what lies at its place already. */
  private static boolean[] there(Frame frame, OnnxTensor[] parts, int axis, OnnxTensor y) {
    boolean[] there = new boolean[parts.length];
    boolean stretches = Axis.product(y.dims(), 0, axis) == 1;
    long place = 0;
    long address = y.memory().address();
    for (int i = 0; i < parts.length; i++) {
      Slice slice = frame.sliced(i);
      there[i] =
          slice != null
              ? slice.isAt(y, axis, place)
              : stretches && parts[i].memory().address() == address;
      place += parts[i].dim(axis);
      address += parts[i].bytes();
    }
    return there;
  }

  /**
   * Shapes that follow from values can differ from those a memory plan was made for; what then lies
   * in the result's memory, but not at its place, is put aside first.
   */
  private static OnnxTensor[] untangled(OnnxTensor[] parts, boolean[] there, OnnxTensor y) {
    long from = y.memory().address();
    OnnxTensor[] apart = parts.clone();
    for (int i = 0; i < parts.length; i++) {
      // A slice that is not there is gathered here, before anything is written.
      long place = there[i] ? from + y.bytes() : parts[i].memory().address();
      if (place < from + y.bytes() && place + parts[i].bytes() > from) {
        apart[i] = OnnxTensor.copied(parts[i].type(), parts[i].dims(), parts[i].segment());
      }
    }
    return apart;
  }

  /** A turn takes several rows, or a piece of one. */
  private static void copy(
      Frame frame, MemorySegment x, long part, MemorySegment y, long at, long row, long outer) {
    long pieces = Math.ceilDiv(part, TURN);
    long rows = Math.max(1, TURN / Math.max(1, part));
    frame.parallel(
        Math.ceilDiv(outer, rows) * pieces,
        item -> {
          long first = item / pieces * rows;
          long from = item % pieces * TURN;
          long count = Math.min(TURN, part - from);
          for (long o = first; o < Math.min(first + rows, outer); o++) {
            MemorySegment.copy(x, o * part + from, y, o * row + at + from, count);
          }
        });
  }
}
