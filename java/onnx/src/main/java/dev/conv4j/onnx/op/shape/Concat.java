package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.OperatorPlan;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Concat. Where nothing lies before the axis, each input is a stretch of the result: a memory plan
 * can have it made there, and then there is nothing to copy.
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
  public boolean joins(long... dims) {
    return Axis.product(dims, 0, Axis.of(given, dims.length)) == 1;
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
    OnnxTensor first = frame.in(0);
    long bytes = 0;
    for (int i = 0; i < frame.inputs(); i++) {
      bytes += frame.in(i).bytes();
    }
    double rows = frame.inputs() * Axis.product(first.dims(), 0, Axis.of(given, first.rank()));
    return joins(first.dims()) ? 0 : StridedCopy.seconds(bytes) + rows * ROW_SECONDS;
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
    for (OnnxTensor x : untangled(parts, y)) {
      long part = outer == 0 ? 0 : x.bytes() / outer;
      if (x.memory().address() != y.memory().address() + at || outer != 1) {
        copy(frame, x.memory(), part, y.memory(), at, row, outer);
      }
      at += part;
    }
  }

  /**
   * Shapes that follow from values can differ from those a memory plan was made for; what then lies
   * in the result's memory, but not at its place, is put aside first.
   */
  private static OnnxTensor[] untangled(OnnxTensor[] parts, OnnxTensor y) {
    long from = y.memory().address();
    long at = from;
    boolean tangled = false;
    for (OnnxTensor part : parts) {
      long place = part.memory().address();
      tangled |= place != at && place < from + y.bytes() && place + part.bytes() > from;
      at += part.bytes();
    }
    OnnxTensor[] apart = parts.clone();
    for (int i = 0; tangled && i < parts.length; i++) {
      apart[i] = OnnxTensor.copied(parts[i].type(), parts[i].dims(), parts[i].segment());
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
