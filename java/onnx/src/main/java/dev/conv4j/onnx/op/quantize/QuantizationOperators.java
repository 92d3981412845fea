package dev.conv4j.onnx.op.quantize;

import dev.conv4j.onnx.op.Operators;

/** Registers quantization. */
public final class QuantizationOperators {

  private QuantizationOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("QuantizeLinear", 10, Quantizing::quantize);
    all.add("DequantizeLinear", 10, Quantizing::dequantize);
    all.add("DynamicQuantizeLinear", 11, node -> Quantizing::dynamic);
    all.add("MatMulInteger", 10, node -> IntegerProducts::matMulInteger);
    all.add("QLinearMatMul", 10, node -> IntegerProducts::qLinearMatMul);
  }
}
