package dev.conv4j.opencl;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.spi.kernels.KernelParams;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** An operator's parameter block, field by field: 8-byte ones first, as in the kernel's file. */
final class OperatorParams {

  /** Axes that a kernel's lists have. */
  static final int AXES = 8;

  private static final int MOST = 1024;

  private final ByteBuffer out =
      ByteBuffer.allocate(MOST)
          .order(ByteOrder.nativeOrder())
          .position(KernelParams.OFFSETS * Long.BYTES);

  OperatorParams numbers(long... values) {
    for (long value : values) {
      out.putLong(value);
    }
    return this;
  }

  OperatorParams axes(Axes values) {
    return numbers(values.d(), values.h(), values.w());
  }

  /** Adds a list, filled up to {@link #AXES}. */
  OperatorParams list(List<Long> values, long unused) {
    for (int i = 0; i < AXES; i++) {
      out.putLong(i < values.size() ? values.get(i) : unused);
    }
    return this;
  }

  OperatorParams integers(int... values) {
    for (int value : values) {
      out.putInt(value);
    }
    return this;
  }

  OperatorParams reals(float... values) {
    for (float value : values) {
      out.putFloat(value);
    }
    return this;
  }

  /** Adds which function it is; its two parameters follow with {@link #reals}. */
  OperatorParams kind(Activation activation) {
    return integers(KernelParams.code(activation.kind()));
  }

  byte[] bytes() {
    return java.util.Arrays.copyOf(out.array(), out.position());
  }
}
