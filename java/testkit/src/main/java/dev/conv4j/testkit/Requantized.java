package dev.conv4j.testkit;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Quantization;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Checks an 8-bit result: {@code saturate(round(accumulated·multiplier) + zero)}, ties to even. The
 * product is taken in f32 by some and in f64 by others; where f32 is not exact, and only within its
 * rounding error of a tie, both neighbours are right.
 */
final class Requantized {

  private Requantized() {}

  static @Nullable String wrong(ConvOptions options, int channel, double accumulated, double got) {
    Quantization q = options.quantization();
    float multiplier = q.multipliers().get(q.multipliers().size() == 1 ? 0 : channel);
    double scaled = accumulated * multiplier;
    double low = options.resultType() == DType.U8 ? 0 : -128;
    double high = options.resultType() == DType.U8 ? 255 : 127;
    double expected = Math.clamp(Math.rint(scaled) + q.outputZero(), low, high);
    if (got == expected) {
      return null;
    }
    boolean exactInFloat = (float) accumulated == accumulated && (float) scaled == scaled;
    double fromTie = Math.abs(Math.abs(scaled - Math.floor(scaled)) - 0.5);
    if (!exactInFloat && fromTie <= Math.abs(scaled) * Math.ulp(1f)) {
      double other = Math.clamp(Math.floor(scaled) + q.outputZero(), low, high);
      double another = Math.clamp(Math.ceil(scaled) + q.outputZero(), low, high);
      if (got == other || got == another) {
        return null;
      }
    }
    return String.format(
        Locale.ROOT,
        "expected %.0f (accumulated %.0f, times the multiplier %.9g), got %.0f",
        expected,
        accumulated,
        scaled,
        got);
  }
}
