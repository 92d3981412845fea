package dev.conv4j.onnx.op.resize;

import dev.conv4j.onnx.op.Operators;

/** Registers resampling. */
public final class ResizeOperators {

  private ResizeOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("Resize", 11, Resize::modern);
    all.add("Resize", 10, 11, Resize::simple);
    all.add("Upsample", 7, 10, Resize::simple);
  }
}
