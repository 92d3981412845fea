package dev.conv4j;

import java.util.List;

/**
 * The affine quantization of an integer convolution (ONNX ConvInteger and QLinearConv): {@code acc
 * = Σ (x - inputZero)·(w - filterZero)}, exact in i32; an i32 result is {@code acc} (plus an i32
 * bias), an i8 or u8 result is {@code saturate(round((acc + bias)·multiplier) + outputZero)} with
 * ties to even. Padding holds {@code inputZero}.
 *
 * @param inputZero zero point of the input
 * @param filterZeros zero points of the filter: one, or one for each output channel
 * @param multipliers {@code inputScale·filterScale / outputScale}: one, or one for each output
 *     channel; empty for an i32 result
 * @param outputZero zero point of the result
 */
public record Quantization(
    int inputZero, List<Integer> filterZeros, List<Float> multipliers, int outputZero) {

  /** Zero points 0 and no requantization. */
  public static final Quantization NONE = new Quantization(0, List.of(0), List.of(), 0);

  /**
   * Copies the lists.
   *
   * @throws InvalidArgumentException if there is no filter zero point, or a multiplier is not
   *     positive and finite
   */
  public Quantization {
    filterZeros = List.copyOf(filterZeros);
    multipliers = List.copyOf(multipliers);
    if (filterZeros.isEmpty()) {
      throw new InvalidArgumentException(
          "filter zero points", "empty", "one, or one for each output channel");
    }
    for (float multiplier : multipliers) {
      if (!(multiplier > 0) || Float.isInfinite(multiplier)) {
        throw new InvalidArgumentException(
            "quantization multiplier", multiplier, "positive and finite");
      }
    }
  }

  /** Returns the filter zero point of one output channel. */
  public int filterZero(long channel) {
    return filterZeros.get(filterZeros.size() == 1 ? 0 : Math.toIntExact(channel));
  }

  /** Returns the multiplier of one output channel. */
  public float multiplier(long channel) {
    return multipliers.get(multipliers.size() == 1 ? 0 : Math.toIntExact(channel));
  }
}
