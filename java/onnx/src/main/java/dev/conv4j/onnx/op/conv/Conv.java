package dev.conv4j.onnx.op.conv;

import dev.conv4j.Activation;
import dev.conv4j.ChannelRange;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.Epilogue;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.op.Epilogues;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operands;
import dev.conv4j.onnx.op.Slice;
import dev.conv4j.onnx.op.Windows;
import dev.conv4j.onnx.op.elementwise.Broadcast;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Conv, and what graph work makes of it: {@code activation(x * w + b + residual)}. Inputs: x, w, b,
 * residual; the last two may be left out.
 */
final class Conv implements Kernel {

  private final Windows windows;
  private final long groups;
  private final Activation activation;
  private final boolean channelsLast;
  private final Planned planned = new Planned();

  /**
   * What a convolution with channels last takes inside a network beside what it is predicted to
   * take with cold operands, where vectors have 512 bits: its input, made just before, is near, and
   * planes that are read in place do not gain as much.
   */
  private static final double LAST = 0.83;

  private static final String WIDE = "512 bits";

  /** A first layer's input comes from elsewhere. */
  private static final long FEW_CHANNELS = 8;

  /** What the last run came to: the next one mostly has the same shapes. */
  private volatile @Nullable Ready ready;

  /**
   * A plan and the operands it is for.
   *
   * @param x dimensions of the input
   * @param w dimensions of the filter
   * @param plan the plan, with everything else
   * @param y dimensions of the result
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ready(Engine engine, long[] x, long[] w, ConvPlan plan, long[] y) {

    boolean fits(Engine other, OnnxTensor input, OnnxTensor filter, boolean bias, boolean sum) {
      ConvOptions options = plan.options();
      return engine == other
          && options.epilogue().bias() == bias
          && options.epilogue().residual() == sum
          && input.hasDims(x)
          && filter.hasDims(w)
          && options.inputType() == input.type().dtype()
          && options.filterType() == filter.type().dtype();
    }
  }

  Conv(Node node) {
    this.windows = Windows.of(node.attributes());
    this.groups = node.attributes().integer("group", 1);
    this.activation = Epilogues.activation(node);
    this.channelsLast = ChannelsLast.is(node);
    if (groups < 1) {
      throw new InvalidArgumentException("attribute group", groups, "1 or more");
    }
  }

  /** The residual is read where the result is written, element by element. */
  @Override
  public boolean inPlace(int input) {
    return input == 3;
  }

  /** By the same algorithm only, so that a run has the bits of one without a memory plan. */
  @Override
  public boolean fills(Frame frame, int axis, long first, long of) {
    if (axis != channelAxis() || frame.optional(3) != null) {
      return false;
    }
    OnnxTensor x = logical(frame.in(0));
    OnnxTensor w = frame.in(1);
    Convolution convolution = Geometry.forward(x, w, windows, groups);
    Epilogue epilogue = new Epilogue(frame.optional(2) != null, false, activation);
    try {
      String alone = plan(frame, convolution, x, w, epilogue, null).algorithm();
      ChannelRange range = new ChannelRange(first, of);
      return plan(frame, convolution, x, w, epilogue, range).algorithm().equals(alone);
    } catch (UnsupportedProblemException cannot) {
      return false;
    }
  }

  private int channelAxis() {
    return channelsLast ? 3 : 1;
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = logical(frame.in(0));
    OnnxTensor w = frame.in(1);
    OnnxTensor b = frame.optional(2);
    OnnxTensor summand = frame.optional(3);
    OnnxTensor residual = summand == null ? null : logical(summand);
    Ready last = ready;
    boolean same = last != null && last.fits(frame.engine(), x, w, b != null, residual != null);
    Convolution convolution =
        last != null && same ? last.plan.convolution() : Geometry.forward(x, w, windows, groups);
    long[] dims = last != null && same ? last.y : convolution.outputShape().dims();
    if (residual != null && !residual.hasDims(dims)) {
      stretched(frame, convolution, x, w, b, residual);
      return;
    }
    Slice slice = residual == null ? frame.slice(0, x.type(), stored(dims)) : null;
    OnnxTensor y = slice == null ? result(frame, x, dims) : logical(slice.whole());
    ChannelRange range = slice == null ? null : new ChannelRange(slice.first(), y.dim(1));
    ConvPlan plan;
    if (last != null && same && Objects.equals(last.plan.options().resultRange(), range)) {
      plan = last.plan;
    } else {
      Epilogue epilogue = new Epilogue(b != null, residual != null, activation);
      plan = plan(frame, convolution, x, w, epilogue, range);
      ready = new Ready(frame.engine(), x.dims(), w.dims(), plan, dims);
    }
    planned.run(frame, plan, x, w, frame.isConstant(1), b, residual, y);
  }

  private OnnxTensor logical(OnnxTensor value) {
    return channelsLast ? ChannelsLast.logical(value) : value;
  }

  private OnnxTensor result(Frame frame, OnnxTensor x, long... dims) {
    return logical(frame.result(0, x.type(), stored(dims)));
  }

  private long[] stored(long... dims) {
    return channelsLast ? ChannelsLast.stored(dims) : dims;
  }

  /**
   * Plans, or finds the plan.
   *
   * @param range where in a larger value the result is to be, or null. Never by the reference: the
   *     copy that it saves is cheaper
   */
  private ConvPlan plan(
      Frame frame,
      Convolution convolution,
      OnnxTensor x,
      OnnxTensor w,
      Epilogue epilogue,
      @Nullable ChannelRange range) {
    ConvOptions options = options(frame, x, w, epilogue);
    return frame
        .engine()
        .plan(
            convolution,
            range == null
                ? options
                : options.toBuilder().resultRange(range).fallback(FallbackPolicy.FAIL).build());
  }

  private ConvOptions options(Frame frame, OnnxTensor x, OnnxTensor w, Epilogue epilogue) {
    DType type = Operands.type(x);
    return ConvOptions.builder()
        .types(type, Operands.type(w), type)
        .layout(channelsLast ? Layout.NHWC : Layout.NCHW)
        .filterLayout(Layout.NCHW)
        .epilogue(epilogue)
        .mathMode(frame.options().mathMode())
        .accuracy(frame.options().accuracy())
        .fallback(frame.options().fallback())
        .build();
  }

  @Override
  public double seconds(Frame frame) {
    OnnxTensor x = logical(frame.in(0));
    OnnxTensor w = frame.in(1);
    Epilogue epilogue =
        new Epilogue(frame.optional(2) != null, frame.optional(3) != null, activation);
    Convolution convolution = Geometry.forward(x, w, windows, groups);
    double seconds = plan(frame, convolution, x, w, epilogue, null).explain().seconds();
    String vectors = frame.engine().device().properties().getOrDefault("vectors", "");
    boolean near = channelsLast && groups == 1 && convolution.channels() >= FEW_CHANNELS;
    return near && vectors.startsWith(WIDE) ? seconds * LAST : seconds;
  }

  /** The sum that became the residual was one of different shapes: it is done by itself. */
  private void stretched(
      Frame frame,
      Convolution convolution,
      OnnxTensor x,
      OnnxTensor w,
      @Nullable OnnxTensor b,
      OnnxTensor residual) {
    OnnxTensor products = OnnxTensor.zeros(x.type(), stored(convolution.outputShape().dims()));
    ConvPlan plan =
        plan(frame, convolution, x, w, new Epilogue(b != null, false, Activation.NONE), null);
    planned.run(frame, plan, x, w, frame.isConstant(1), b, null, logical(products));
    Broadcast walk = Broadcast.of(products, residual.reshaped(stored(residual.dims())));
    OnnxTensor y = frame.out(0, x.type(), walk.dims());
    walk.rows((out, at, length) -> {
      for (long i = 0; i < length; i++) {
        double sum =
            products.getDouble(at[0] + i * walk.step(0))
                + residual.getDouble(at[1] + i * walk.step(1));
        y.type().setDouble(y.memory(), out + i, activation.apply(sum));
      }
    });
  }

  @Override
  public void close() {
    planned.close();
  }
}
