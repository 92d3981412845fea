package dev.conv4j.bench.gpu;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import java.util.List;

/**
 * A precision to compare in. Half precision and TF32 are compared channels last, where cuDNN's
 * tensor kernels need no transposition, f32 as most programs hold it.
 *
 * @param name in reports
 * @param type of all operands
 * @param math what the products may use
 * @param layout memory order of all operands
 */
record Mode(String name, DType type, MathMode math, Layout layout) {

  /** All of them, in the order of comparison. */
  static final List<Mode> ALL =
      List.of(
          new Mode("f32", DType.F32, MathMode.STRICT, Layout.NCHW),
          new Mode("f16", DType.F16, MathMode.STRICT, Layout.NHWC),
          new Mode("tf32", DType.F32, MathMode.TF32, Layout.NHWC),
          new Mode("bf16", DType.BF16, MathMode.STRICT, Layout.NHWC));

  @Override
  public String toString() {
    return name;
  }
}
