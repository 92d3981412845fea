package dev.conv4j.onnx.op.resize;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.resize.ResizeAxis.CoordinateRule;
import dev.conv4j.onnx.op.resize.ResizeAxis.Interpolation;
import dev.conv4j.onnx.op.resize.ResizeAxis.NearestRule;
import dev.conv4j.onnx.op.resize.ResizeAxis.Rule;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Resize and its forerunner Upsample, one axis after the other. */
final class Resize implements Kernel {

  private final Rule rule;
  private final Attributes attributes;
  private final int scalesInput;
  private final float extrapolation;

  private Resize(Rule rule, Attributes attributes, int scalesInput) {
    this.rule = rule;
    this.attributes = attributes;
    this.scalesInput = scalesInput;
    this.extrapolation = attributes.real("extrapolation_value", 0);
  }

  /** Resize from opset 11. */
  static Kernel modern(Node node) {
    Attributes a = node.attributes();
    Rule rule =
        new Rule(
            mode(a),
            named(CoordinateRule.class, a, "coordinate_transformation_mode", "half_pixel"),
            named(NearestRule.class, a, "nearest_mode", "round_prefer_floor"),
            a.real("cubic_coeff_a", -0.75f),
            a.flag("exclude_outside", false),
            a.flag("antialias", false));
    return new Resize(rule, a, 2);
  }

  /** Upsample, and Resize at opset 10. */
  static Kernel simple(Node node) {
    Rule rule =
        new Rule(
            mode(node.attributes()),
            CoordinateRule.ASYMMETRIC,
            NearestRule.SIMPLE,
            -0.75,
            false,
            false);
    return new Resize(rule, node.attributes(), 1);
  }

  private static Interpolation mode(Attributes attributes) {
    String mode = attributes.text("mode", "nearest");
    return mode.equals("bilinear")
        ? Interpolation.LINEAR
        : named(Interpolation.class, attributes, "mode", "nearest");
  }

  private static <E extends Enum<E>> E named(
      Class<E> kind, Attributes attributes, String name, String missing) {
    String text = attributes.text(name, missing);
    for (E value : kind.getEnumConstants()) {
      if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
        return value;
      }
    }
    throw new InvalidArgumentException(
        "attribute " + name,
        "'" + text + "'",
        "one of " + Arrays.toString(kind.getEnumConstants()).toLowerCase(Locale.ROOT));
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    int rank = x.rank();
    double[] scales = new double[rank];
    Arrays.fill(scales, 1);
    long[] dims = x.dims();
    extents(frame, x, scales, dims);
    ResizeAxis[] axes = new ResizeAxis[rank];
    for (int i = 0; i < rank; i++) {
      double[] region = region(frame, i, rank);
      boolean crop =
          rule.coordinates() == CoordinateRule.TF_CROP_AND_RESIZE
              && (region[0] != 0 || region[1] != 1);
      if (dims[i] != x.dim(i) || scales[i] != 1 || crop) {
        axes[i] =
            ResizeAxis.of(
                Math.toIntExact(x.dim(i)),
                scales[i],
                Math.toIntExact(dims[i]),
                region[0],
                region[1],
                rule);
      }
    }
    resample(x, axes, frame.out(0, x.type(), dims));
  }

  private int[] axes(int rank) {
    long[] given = attributes.integers("axes");
    if (given != null) {
      return Axis.of(given, rank);
    }
    int[] all = new int[rank];
    Arrays.setAll(all, i -> i);
    return all;
  }

  private void extents(Frame frame, OnnxTensor x, double[] scales, long[] dims) {
    int[] axes = axes(x.rank());
    OnnxTensor sizes = frame.optional(3);
    if (sizes != null && sizes.elements() > 0) {
      requireLength("sizes", sizes.elements(), axes);
      bySizes(x, sizes.toLongArray(), axes, scales, dims);
      return;
    }
    float[] given =
        frame.inputs() > scalesInput
            ? frame.in(scalesInput).toFloatArray()
            : attributes.reals("scales");
    if (given == null) {
      throw new InvalidArgumentException("scales", "missing", "scales or sizes");
    }
    requireLength("scales", given.length, axes);
    for (int i = 0; i < axes.length; i++) {
      scales[axes[i]] = given[i];
      dims[axes[i]] = (long) Math.floor((double) given[i] * x.dim(axes[i]));
      if (!(given[i] > 0)) {
        throw new InvalidArgumentException("scales", given[i], "positive numbers");
      }
    }
  }

  private void bySizes(OnnxTensor x, long[] sizes, int[] axes, double[] scales, long[] dims) {
    String policy = attributes.text("keep_aspect_ratio_policy", "stretch");
    double common = policy.equals("not_larger") ? Double.MAX_VALUE : 0;
    for (int i = 0; i < axes.length; i++) {
      double scale = (double) sizes[i] / x.dim(axes[i]);
      common = policy.equals("not_larger") ? Math.min(common, scale) : Math.max(common, scale);
      scales[axes[i]] = scale;
      dims[axes[i]] = sizes[i];
    }
    if (!policy.equals("stretch")) {
      for (int axis : axes) {
        scales[axis] = common;
        dims[axis] = (long) (common * x.dim(axis) + 0.5);
      }
    }
  }

  private static void requireLength(String name, long length, int[] axes) {
    if (length != axes.length) {
      throw new InvalidArgumentException(name, length + " numbers", axes.length + " of them");
    }
  }

  /** The region of interest lists all begins, then all ends. */
  private double[] region(Frame frame, int axis, int rank) {
    OnnxTensor roi = scalesInput == 2 ? frame.optional(1) : null;
    int[] axes = axes(rank);
    for (int i = 0; roi != null && i < axes.length; i++) {
      if (axes[i] == axis && roi.elements() == 2L * axes.length) {
        return new double[] {roi.getDouble(i), roi.getDouble(axes.length + i)};
      }
    }
    return new double[] {0, 1};
  }

  private void resample(OnnxTensor x, @Nullable ResizeAxis[] axes, OnnxTensor y) {
    long[] dims = x.dims();
    double[] now = new double[Math.toIntExact(x.elements())];
    Arrays.setAll(now, x::getDouble);
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      ResizeAxis taps = axes[axis];
      if (taps != null) {
        now = along(now, dims, axis, taps);
        dims[axis] = taps.index().length;
      }
    }
    for (int i = 0; i < now.length; i++) {
      y.type().setDouble(y.memory(), i, Double.isNaN(now[i]) ? extrapolation : now[i]);
    }
  }

  /** What lies outside a crop is marked as not a number until the last axis is done. */
  private static double[] along(double[] x, long[] dims, int axis, ResizeAxis taps) {
    int inner = Math.toIntExact(Axis.product(dims, axis + 1, dims.length));
    int outer = Math.toIntExact(Axis.product(dims, 0, axis));
    int in = Math.toIntExact(dims[axis]);
    int out = taps.index().length;
    double[] y = new double[Math.multiplyExact(outer * out, inner)];
    for (int o = 0; o < outer; o++) {
      for (int q = 0; q < out; q++) {
        int to = (o * out + q) * inner;
        int[] index = taps.index()[q];
        if (index.length == 0) {
          Arrays.fill(y, to, to + inner, Double.NaN);
        }
        for (int k = 0; k < index.length; k++) {
          double weight = taps.weight()[q][k];
          int from = (o * in + index[k]) * inner;
          for (int i = 0; weight != 0 && i < inner; i++) {
            y[to + i] += weight * x[from + i];
          }
        }
      }
    }
    return y;
  }
}
