package dev.conv4j.onnx.op;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;

/**
 * Images whose channels lie last. Graph work gives nodes that take and make them an attribute;
 * between such nodes a value's dimensions are told as they lie: batch, height, width, channels.
 */
public final class ChannelsLast {

  /** The attribute of a node whose images lie so. */
  public static final String ATTRIBUTE = "channels_last";

  private ChannelsLast() {}

  /** Returns whether a node's images lie so. */
  public static boolean is(Node node) {
    return node.domain().equals(Node.FUSED) && node.attributes().flag(ATTRIBUTE, false);
  }

  /** Returns dimensions in the order batch, channels, height, width. */
  public static long[] logical(long... stored) {
    return new long[] {stored[0], stored[3], stored[1], stored[2]};
  }

  /** Returns dimensions in the order batch, height, width, channels. */
  public static long[] stored(long... logical) {
    return new long[] {logical[0], logical[2], logical[3], logical[1]};
  }

  /** Returns the same memory under dimensions in logical order, to be read as NHWC only. */
  public static OnnxTensor logical(OnnxTensor value) {
    return value.reshaped(logical(value.dims()));
  }
}
