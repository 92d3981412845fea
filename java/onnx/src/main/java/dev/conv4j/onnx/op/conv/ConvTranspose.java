package dev.conv4j.onnx.op.conv;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operands;
import dev.conv4j.onnx.op.Windows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * ConvTranspose: the data gradient of its twin. ONNX allows results longer than any product
 * reaches; such rows hold the bias alone and are added behind the plan's result.
 */
final class ConvTranspose implements Kernel {

  private final Windows windows;
  private final long groups;
  private final long @Nullable [] outputShape;
  private final long @Nullable [] outputPadding;
  private final Planned planned = new Planned();

  ConvTranspose(Node node) {
    this.windows = Windows.of(node.attributes());
    this.groups = node.attributes().integer("group", 1);
    this.outputShape = node.attributes().integers("output_shape");
    this.outputPadding = node.attributes().integers("output_padding");
  }

  /**
   * What each axis comes to.
   *
   * @param begin rows of the full product cut off before
   * @param end rows cut off behind
   * @param extra rows behind the full product that the plan makes
   * @param output the result's extents
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Extents(long[] begin, long[] end, long[] extra, long[] output) {}

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor w = frame.in(1);
    OnnxTensor b = frame.optional(2);
    int rank = Geometry.spatial(x, w, windows);
    if (w.dim(0) != x.dim(1)) {
      throw new InvalidArgumentException("W", w, "filters for the " + x.dim(1) + " channels");
    }
    long filters = w.dim(1) * groups;
    Extents extents = extents(x, w, rank);
    Convolution twin =
        Geometry.common(x, w, windows, groups, rank)
            .filters(filters)
            .padBegin(extents.begin)
            .padEnd(extents.end)
            .buildTransposed(extents.extra);
    DType type = Operands.type(x);
    ConvOptions options =
        ConvOptions.builder()
            .types(type, Operands.type(w), type)
            .direction(Direction.BACKWARD_DATA)
            .epilogue(new Epilogue(b != null, false, Activation.NONE))
            .mathMode(frame.options().mathMode())
            .accuracy(frame.options().accuracy())
            .fallback(frame.options().fallback())
            .build();
    long[] made = twin.inputShape().dims();
    long[] dims = made.clone();
    System.arraycopy(extents.output, 0, dims, 2, rank);
    boolean whole = Arrays.equals(made, dims);
    OnnxTensor y = whole ? frame.result(0, x.type(), dims) : frame.out(0, x.type(), dims);
    OnnxTensor target = whole ? y : OnnxTensor.zeros(x.type(), made);
    planned.run(frame, twin, options, x, w, frame.isConstant(1), b, null, target);
    if (target != y) {
      extend(target, y, b);
    }
  }

  private Extents extents(OnnxTensor x, OnnxTensor w, int rank) {
    long[] strides = windows.strides(rank);
    long[] dilations = windows.dilations(rank);
    long[] pads = windows.pads(rank);
    long[] adjust = outputPadding == null ? new long[rank] : outputPadding;
    Extents all = new Extents(new long[rank], new long[rank], new long[rank], new long[rank]);
    if (adjust.length != rank || (outputShape != null && outputShape.length < rank)) {
      throw new InvalidArgumentException(
          "output_padding and output_shape", adjust.length + " numbers", rank + " each");
    }
    for (int i = 0; i < rank; i++) {
      long full = strides[i] * (x.dim(2 + i) - 1) + (w.dim(2 + i) - 1) * dilations[i] + 1;
      long begin = pads[i];
      long output = full + adjust[i] - begin - pads[rank + i];
      if (outputShape != null || windows.same()) {
        output =
            outputShape != null
                ? outputShape[outputShape.length - rank + i]
                : x.dim(2 + i) * strides[i];
        long total = Math.max(0, full + adjust[i] - output);
        begin = windows.autoPad().equals("SAME_UPPER") ? total / 2 : total - total / 2;
      }
      if (output < 1 || begin < 0) {
        throw new InvalidArgumentException("pads", begin, "a result of at least one element");
      }
      all.begin[i] = begin;
      all.end[i] = Math.max(0, full - begin - output);
      all.extra[i] = Math.clamp(output - (full - begin), 0, strides[i] - 1);
      all.output[i] = output;
    }
    return all;
  }

  /** Puts a result into the corner of a longer one that holds the bias elsewhere. */
  private static void extend(OnnxTensor part, OnnxTensor whole, @Nullable OnnxTensor bias) {
    int rank = part.rank();
    int bytes = part.type().bytes();
    long plane = Axis.product(whole.dims(), 2, rank);
    for (long i = 0; i < whole.elements(); i++) {
      double value = bias == null ? 0 : bias.getDouble(i / plane % whole.dim(1));
      whole.type().setDouble(whole.memory(), i, value);
    }
    long row = part.dim(rank - 1);
    for (long i = 0; i < part.elements() / row; i++) {
      long to = 0;
      long stride = whole.dim(rank - 1);
      long rest = i;
      for (int k = rank - 2; k >= 0; k--) {
        to += rest % part.dim(k) * stride;
        rest /= part.dim(k);
        stride *= whole.dim(k);
      }
      MemorySegment.copy(part.memory(), i * row * bytes, whole.memory(), to * bytes, row * bytes);
    }
  }

  @Override
  public void close() {
    planned.close();
  }
}
