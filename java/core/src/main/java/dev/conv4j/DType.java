package dev.conv4j;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * The type of a tensor's elements, with the one conversion between its bits and a {@code double}.
 */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary64. */
  F64(8),
  /** IEEE 754 binary16; storage only, sums are kept in f32. */
  F16(2),
  /** bfloat16, the upper half of a binary32; storage only, sums are kept in f32. */
  BF16(2),
  /** Signed 8-bit integer. */
  I8(1),
  /** Unsigned 8-bit integer. */
  U8(1),
  /** Signed 32-bit integer. */
  I32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of an element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns whether this is one of the integer types. */
  public boolean isInteger() {
    return this == I8 || this == U8 || this == I32;
  }

  /**
   * Returns the name used on the command line and in messages: {@code f32}, {@code bf16}, {@code
   * u8}.
   */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the type of that name.
   *
   * @throws InvalidArgumentException if there is none
   */
  public static DType parse(String spelling) {
    for (DType type : values()) {
      if (type.spelling().equals(spelling)) {
        return type;
      }
    }
    throw new InvalidArgumentException(
        "dtype", spelling, "one of f32, f64, f16, bf16, i8, u8, i32");
  }

  /**
   * Reads one element; every value of every type is exact in a {@code double}.
   *
   * @param segment the elements, dense, in native byte order
   * @param index the element's index
   */
  public double load(MemorySegment segment, long index) {
    long at = index * bytes;
    return switch (this) {
      case F32 -> segment.get(JAVA_FLOAT_UNALIGNED, at);
      case F64 -> segment.get(JAVA_DOUBLE_UNALIGNED, at);
      case F16 -> Float.float16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, at));
      case BF16 -> bf16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, at));
      case I8 -> segment.get(JAVA_BYTE, at);
      case U8 -> segment.get(JAVA_BYTE, at) & 0xff;
      case I32 -> segment.get(JAVA_INT_UNALIGNED, at);
    };
  }

  /**
   * Writes one element: floating types round to nearest even, integers round to nearest even and
   * saturate (a NaN becomes 0).
   *
   * @param segment the elements, dense, in native byte order
   * @param index the element's index
   * @param value the value to convert
   */
  public void store(MemorySegment segment, long index, double value) {
    long at = index * bytes;
    switch (this) {
      case F32 -> segment.set(JAVA_FLOAT_UNALIGNED, at, (float) value);
      case F64 -> segment.set(JAVA_DOUBLE_UNALIGNED, at, value);
      case F16 -> segment.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(roundToOdd(value)));
      case BF16 -> segment.set(JAVA_SHORT_UNALIGNED, at, floatToBf16(roundToOdd(value)));
      case I8 -> segment.set(JAVA_BYTE, at, (byte) Math.clamp(Math.rint(value), -128.0, 127.0));
      case U8 -> segment.set(JAVA_BYTE, at, (byte) (int) Math.clamp(Math.rint(value), 0.0, 255.0));
      case I32 -> segment.set(JAVA_INT_UNALIGNED, at, (int) Math.rint(value));
    }
  }

  /** Returns the f32 with these upper 16 bits. */
  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Returns the bfloat16 nearest to a value, ties to even; NaN stays NaN. */
  public static short floatToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /**
   * Narrows to f32 by rounding to odd, so that a second rounding to a 16-bit type gives what one
   * rounding would have given (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums:
   * proved algorithms using rounding to odd", section 3).
   */
  private static float roundToOdd(double value) {
    float nearest = (float) value;
    if (nearest == value || Float.isNaN(nearest) || Float.isInfinite(nearest)) {
      return nearest;
    }
    if ((Float.floatToRawIntBits(nearest) & 1) == 1) {
      return nearest;
    }
    return nearest > value ? Math.nextDown(nearest) : Math.nextUp(nearest);
  }
}
