package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x·scale + shift} with one pair for each channel: what BatchNormalization comes to, and
 * products and sums with constants that vary by channel.
 *
 * @param scale one number for each channel, or one for all
 * @param shift as many
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ChannelAffine(double[] scale, double[] shift) {

  /** Returns a node's function, or null when it is none. */
  static @Nullable ChannelAffine of(Node node, Graph graph, Ranks ranks) {
    if (node.is("BatchNormalization")) {
      return batchNormalization(node, graph);
    }
    boolean product = node.is("Mul");
    if ((!product && !node.is("Add")) || node.inputs().size() != 2) {
      return null;
    }
    int constant = graph.constant(node, 1) != null ? 1 : 0;
    OnnxTensor value = graph.constant(node, constant);
    double[] numbers = value == null ? null : byChannel(value, ranks.of(node.input(1 - constant)));
    if (numbers == null) {
      return null;
    }
    double[] others = new double[numbers.length];
    java.util.Arrays.fill(others, product ? 0 : 1);
    return product ? new ChannelAffine(numbers, others) : new ChannelAffine(others, numbers);
  }

  /** Returns which input of such a node is the one that varies. */
  static String variable(Node node, Graph graph) {
    return node.is("BatchNormalization") || graph.constant(node, 0) == null
        ? node.input(0)
        : node.input(1);
  }

  private static @Nullable ChannelAffine batchNormalization(Node node, Graph graph) {
    double[][] parameters = new double[4][];
    for (int i = 0; i < 4; i++) {
      OnnxTensor tensor = graph.constant(node, i + 1);
      if (tensor == null || tensor.type() != ElementType.FLOAT || tensor.rank() != 1) {
        return null;
      }
      parameters[i] = numbers(tensor);
      if (parameters[i].length != parameters[0].length) {
        return null;
      }
    }
    double epsilon = node.attributes().real("epsilon", 1e-5f);
    double[] scale = new double[parameters[0].length];
    double[] shift = new double[scale.length];
    for (int c = 0; c < scale.length; c++) {
      scale[c] = parameters[0][c] / Math.sqrt(parameters[3][c] + epsilon);
      shift[c] = parameters[1][c] - parameters[2][c] * scale[c];
    }
    return new ChannelAffine(scale, shift);
  }

  /** A constant varies by channel when only its axis second of the operand's is longer than 1. */
  private static double @Nullable [] byChannel(OnnxTensor value, int rank) {
    if (value.type() != ElementType.FLOAT || rank < 2 || value.rank() > rank) {
      return null;
    }
    int channelAxis = 1 - (rank - value.rank());
    for (int i = 0; i < value.rank(); i++) {
      if (i != channelAxis && value.dim(i) != 1) {
        return null;
      }
    }
    return numbers(value);
  }

  private static double[] numbers(OnnxTensor tensor) {
    double[] numbers = new double[Math.toIntExact(tensor.elements())];
    java.util.Arrays.setAll(numbers, tensor::getDouble);
    return numbers;
  }

  /** Returns this after another one, or null when the channels differ. */
  @Nullable ChannelAffine after(ChannelAffine first) {
    int channels = Math.max(scale.length, first.scale.length);
    if (!fits(channels) || !first.fits(channels)) {
      return null;
    }
    double[] newScale = new double[channels];
    double[] newShift = new double[channels];
    for (int c = 0; c < channels; c++) {
      newScale[c] = first.scale(c) * scale(c);
      newShift[c] = first.shift(c) * scale(c) + shift(c);
    }
    return new ChannelAffine(newScale, newShift);
  }

  boolean fits(long channels) {
    return scale.length == 1 || scale.length == channels;
  }

  double scale(int channel) {
    return scale[scale.length == 1 ? 0 : channel];
  }

  double shift(int channel) {
    return shift[shift.length == 1 ? 0 : channel];
  }
}
