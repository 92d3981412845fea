package dev.conv4j.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.conv4j.DType;
import dev.conv4j.InvalidArgumentException;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The element types of ONNX tensors that networks of numbers use, with ONNX's code for each. */
public enum ElementType {
  /** IEEE 754 binary32. */
  FLOAT(1, 4, DType.F32),
  /** Unsigned 8-bit integer. */
  UINT8(2, 1, DType.U8),
  /** Signed 8-bit integer. */
  INT8(3, 1, DType.I8),
  /** Unsigned 16-bit integer. */
  UINT16(4, 2, null),
  /** Signed 16-bit integer. */
  INT16(5, 2, null),
  /** Signed 32-bit integer. */
  INT32(6, 4, DType.I32),
  /** Signed 64-bit integer. */
  INT64(7, 8, null),
  /** One byte, 0 or 1. */
  BOOL(9, 1, null),
  /** IEEE 754 binary16. */
  FLOAT16(10, 2, DType.F16),
  /** IEEE 754 binary64. */
  DOUBLE(11, 8, DType.F64),
  /** Unsigned 32-bit integer. */
  UINT32(12, 4, null),
  /** Unsigned 64-bit integer. */
  UINT64(13, 8, null),
  /** bfloat16. */
  BFLOAT16(16, 2, DType.BF16);

  private final int code;
  private final int bytes;
  private final @Nullable DType dtype;

  ElementType(int code, int bytes, @Nullable DType dtype) {
    this.code = code;
    this.bytes = bytes;
    this.dtype = dtype;
  }

  /** Returns {@code TensorProto.DataType}'s number. */
  public int code() {
    return code;
  }

  /** Returns the size of an element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns the engine's type with the same elements, or null where it has none. */
  public @Nullable DType dtype() {
    return dtype;
  }

  /** Returns whether this is a floating type. */
  public boolean isFloating() {
    return this == FLOAT || this == DOUBLE || this == FLOAT16 || this == BFLOAT16;
  }

  /** Returns whether this is an integer type without negative numbers. */
  public boolean isUnsigned() {
    return this == UINT8 || this == UINT16 || this == UINT32 || this == UINT64 || this == BOOL;
  }

  /** Returns ONNX's name: {@code float16}, {@code uint8}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the type with ONNX's number.
   *
   * @throws InvalidArgumentException if it is none of these
   */
  public static ElementType of(long code) {
    for (ElementType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new InvalidArgumentException(
        "element type",
        code == 8 ? "string" : "number " + code,
        "a floating, integer or boolean type of up to 64 bits");
  }

  /** Returns the type with the engine's elements. */
  public static ElementType of(DType dtype) {
    for (ElementType type : values()) {
      if (type.dtype == dtype) {
        return type;
      }
    }
    throw new AssertionError(dtype);
  }

  /** Reads one element as a double; 64-bit integers round. */
  public double getDouble(MemorySegment segment, long index) {
    return switch (this) {
      case FLOAT -> segment.get(JAVA_FLOAT_UNALIGNED, 4 * index);
      case DOUBLE -> segment.get(JAVA_DOUBLE_UNALIGNED, 8 * index);
      case FLOAT16 -> Float.float16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, 2 * index));
      case BFLOAT16 -> DType.bf16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, 2 * index));
      case UINT64 -> unsignedToDouble(segment.get(JAVA_LONG_UNALIGNED, 8 * index));
      default -> getLong(segment, index);
    };
  }

  /** Reads one element as 64 bits: integers by value (uint64 by its bits), others truncated. */
  public long getLong(MemorySegment segment, long index) {
    return switch (this) {
      case UINT8, BOOL -> segment.get(JAVA_BYTE, index) & 0xffL;
      case INT8 -> segment.get(JAVA_BYTE, index);
      case UINT16 -> segment.get(JAVA_SHORT_UNALIGNED, 2 * index) & 0xffffL;
      case INT16 -> segment.get(JAVA_SHORT_UNALIGNED, 2 * index);
      case UINT32 -> segment.get(JAVA_INT_UNALIGNED, 4 * index) & 0xffffffffL;
      case INT32 -> segment.get(JAVA_INT_UNALIGNED, 4 * index);
      case INT64, UINT64 -> segment.get(JAVA_LONG_UNALIGNED, 8 * index);
      default -> (long) getDouble(segment, index);
    };
  }

  /** Writes one element: floating types round to nearest even, integers truncate towards zero. */
  public void setDouble(MemorySegment segment, long index, double value) {
    switch (this) {
      case FLOAT -> segment.set(JAVA_FLOAT_UNALIGNED, 4 * index, (float) value);
      case DOUBLE, FLOAT16, BFLOAT16 ->
          java.util.Objects.requireNonNull(dtype).store(segment, index, value);
      case BOOL -> segment.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
      case UINT64 -> segment.set(JAVA_LONG_UNALIGNED, 8 * index, doubleToUnsigned(value));
      default -> setLong(segment, index, (long) value);
    }
  }

  /** Writes one element: integers keep the low bits, floating types round. */
  public void setLong(MemorySegment segment, long index, long value) {
    switch (this) {
      case UINT8, INT8 -> segment.set(JAVA_BYTE, index, (byte) value);
      case BOOL -> segment.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
      case UINT16, INT16 -> segment.set(JAVA_SHORT_UNALIGNED, 2 * index, (short) value);
      case UINT32, INT32 -> segment.set(JAVA_INT_UNALIGNED, 4 * index, (int) value);
      case UINT64, INT64 -> segment.set(JAVA_LONG_UNALIGNED, 8 * index, value);
      default -> setDouble(segment, index, (double) value);
    }
  }

  private static double unsignedToDouble(long bits) {
    return bits >= 0 ? (double) bits : ((bits >>> 1) | (bits & 1)) * 2.0;
  }

  private static long doubleToUnsigned(double value) {
    return value < 0x1p63 ? (long) value : (long) (value - 0x1p63) ^ Long.MIN_VALUE;
  }
}
