package dev.conv4j.onnx.op;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Attributes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sliding-window attributes that pooling and the convolution family share: {@code kernel_shape,
 * strides, dilations, pads, auto_pad}.
 *
 * @param kernel window extents, or null when they follow from the weights
 * @param strides steps, or null for 1
 * @param dilations distances between taps, or null for 1
 * @param pads begins, then ends, or null for 0
 * @param autoPad NOTSET, VALID, SAME_UPPER or SAME_LOWER
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Windows(
    long @Nullable [] kernel,
    long @Nullable [] strides,
    long @Nullable [] dilations,
    long @Nullable [] pads,
    String autoPad) {

  /** Reads the attributes of a node. */
  public static Windows of(Attributes attributes) {
    String autoPad = attributes.text("auto_pad", "NOTSET");
    if (!java.util.Set.of("", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER").contains(autoPad)) {
      throw new InvalidArgumentException(
          "attribute auto_pad", "'" + autoPad + "'", "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    }
    return new Windows(
        attributes.integers("kernel_shape"),
        attributes.integers("strides"),
        attributes.integers("dilations"),
        attributes.integers("pads"),
        autoPad);
  }

  /** Returns whether the padding follows from the extents. */
  public boolean same() {
    return autoPad.startsWith("SAME");
  }

  /** Returns one stride for each spatial axis. */
  public long[] strides(int rank) {
    return spread("strides", strides, rank, 1);
  }

  /** Returns one dilation for each spatial axis. */
  public long[] dilations(int rank) {
    return spread("dilations", dilations, rank, 1);
  }

  /** Returns the padding before and behind each spatial axis as written; zeros for auto_pad. */
  public long[] pads(int rank) {
    return autoPad.isEmpty() || autoPad.equals("NOTSET")
        ? spread("pads", pads, 2 * rank, 0)
        : new long[2 * rank];
  }

  private static long[] spread(String name, long @Nullable [] values, int count, long missing) {
    if (values == null) {
      long[] all = new long[count];
      Arrays.fill(all, missing);
      return all;
    }
    if (values.length != count) {
      throw new InvalidArgumentException(
          "attribute " + name, Arrays.toString(values), count + " numbers");
    }
    for (long value : values) {
      if (value < Math.min(missing, 1) || value > Integer.MAX_VALUE) {
        throw new InvalidArgumentException(
            "attribute " + name, Arrays.toString(values), "numbers from " + missing);
      }
    }
    return values.clone();
  }
}
