package dev.conv4j.onnx.op.reduce;

import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;

/** Sums, means, extremes and norms along any axes, in double precision. */
final class Reduction implements Kernel {

  /** What is made of the elements. */
  enum Kind {
    SUM,
    MEAN,
    MAX,
    MIN,
    PROD,
    L1,
    L2,
    SUM_SQUARE,
    LOG_SUM,
    LOG_SUM_EXP
  }

  private final Kind kind;
  private final Node node;
  private final boolean keepDims;
  private final boolean emptyMeansNone;

  Reduction(Kind kind, Node node) {
    this.kind = kind;
    this.node = node;
    this.keepDims = node.attributes().flag("keepdims", true);
    this.emptyMeansNone = node.attributes().flag("noop_with_empty_axes", false);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    long[] axes = Axis.given(frame, node, 1);
    boolean none = axes == null || axes.length == 0;
    boolean[] reduced = new boolean[x.rank()];
    for (int i = 0; i < reduced.length; i++) {
      reduced[i] = none && !emptyMeansNone;
    }
    if (axes != null) {
      for (int axis : Axis.of(axes, x.rank())) {
        reduced[axis] = true;
      }
    }
    ReductionWalk walk = ReductionWalk.of(x.dims(), reduced, keepDims);
    OnnxTensor y = frame.out(0, x.type(), walk.dims());
    walk.each((out, first) -> store(x, y, out, first, walk));
  }

  private void store(OnnxTensor x, OnnxTensor y, long out, long first, ReductionWalk walk) {
    ElementType type = x.type();
    boolean exact = !type.isFloating() && type.bytes() == 8;
    if (exact && (kind == Kind.SUM || kind == Kind.PROD || kind == Kind.MAX || kind == Kind.MIN)) {
      type.setLong(y.memory(), out, integers(x, first, walk));
    } else {
      type.setDouble(y.memory(), out, reals(x, first, walk));
    }
  }

  private double reals(OnnxTensor x, long first, ReductionWalk walk) {
    long[] offsets = walk.offsets();
    double top = kind == Kind.LOG_SUM_EXP ? extreme(x, first, offsets) : 0;
    double value =
        switch (kind) {
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
          case PROD -> 1;
          default -> 0;
        };
    for (long offset : offsets) {
      double v = x.getDouble(first + offset);
      value =
          switch (kind) {
            case SUM, MEAN, LOG_SUM -> value + v;
            case MAX -> Math.max(value, v);
            case MIN -> Math.min(value, v);
            case PROD -> value * v;
            case L1 -> value + Math.abs(v);
            case L2, SUM_SQUARE -> value + v * v;
            case LOG_SUM_EXP -> value + Math.exp(v - top);
          };
    }
    return switch (kind) {
      case MEAN -> value / offsets.length;
      case L2 -> Math.sqrt(value);
      case LOG_SUM -> Math.log(value);
      case LOG_SUM_EXP -> top + Math.log(value);
      default -> value;
    };
  }

  /** The exponent's shift, so that nothing overflows. */
  private static double extreme(OnnxTensor x, long first, long[] offsets) {
    double top = Double.NEGATIVE_INFINITY;
    for (long offset : offsets) {
      top = Math.max(top, x.getDouble(first + offset));
    }
    return Double.isInfinite(top) ? 0 : top;
  }

  private long integers(OnnxTensor x, long first, ReductionWalk walk) {
    long value =
        switch (kind) {
          case MAX -> Long.MIN_VALUE;
          case MIN -> Long.MAX_VALUE;
          case PROD -> 1;
          default -> 0;
        };
    for (long offset : walk.offsets()) {
      long v = x.getLong(first + offset);
      value =
          switch (kind) {
            case MAX -> Math.max(value, v);
            case MIN -> Math.min(value, v);
            case PROD -> value * v;
            default -> value + v;
          };
    }
    return value;
  }
}
