package dev.conv4j.cpu.reference;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Quantization;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Turns a sum into an element of the result: bias, residual, activation, requantization. */
final class Finish {

  private final DType biasType;
  private final DType type;
  private final Activation activation;
  private final @Nullable Quantization requantize;
  private final @Nullable MemorySegment bias;
  private final @Nullable MemorySegment residual;
  private final MemorySegment result;

  Finish(ConvOptions options, ConvOperands operands) {
    this.biasType = options.biasType();
    this.type = options.resultType();
    this.activation = options.epilogue().activation();
    this.requantize =
        options.quantization().multipliers().isEmpty() ? null : options.quantization();
    this.bias = segment(operands.bias());
    this.residual = segment(operands.residual());
    this.result = CpuBlock.resultSegment(operands.result());
  }

  private static @Nullable MemorySegment segment(@Nullable Block block) {
    return block == null ? null : CpuBlock.segment(block);
  }

  /**
   * Writes one element.
   *
   * @param at its index
   * @param channel the result's channel
   * @param sum the sum of products
   */
  void store(long at, long channel, double sum) {
    double value = sum;
    if (bias != null) {
      value += biasType.load(bias, channel);
    }
    if (residual != null) {
      value += type.load(residual, at);
    }
    if (requantize != null) {
      value = Math.rint(value * requantize.multiplier(channel)) + requantize.outputZero();
    }
    type.store(result, at, activation.apply(value));
  }
}
