package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.epilogue.VectorMath;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.PointwiseProblem.Function;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions on one row, vectors along it and its rest element by element. Positions in bytes.
 * The result may lie where an operand lies. One loop for each function: the operator of a vector
 * instruction must be a constant.
 */
final class PointwiseRows {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PointwiseRows() {}

  static float get(MemorySegment segment, long at) {
    return segment.get(JAVA_FLOAT_UNALIGNED, at);
  }

  private static FloatVector load(MemorySegment segment, long at) {
    segment = NATIVE.cast(segment);
    return FloatVector.fromMemorySegment(SPECIES, segment, at, ORDER);
  }

  /** {@code max(x·scale + shift, low)}. */
  static void multiplyAdd(
      MemorySegment x,
      long at,
      float scale,
      float shift,
      float low,
      MemorySegment y,
      long out,
      int count) {
    y = NATIVE.cast(y);
    FloatVector factor = FloatVector.broadcast(SPECIES, scale);
    FloatVector summand = FloatVector.broadcast(SPECIES, shift);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.atLeast(load(x, at + 4L * i).fma(factor, summand), low)
          .intoMemorySegment(y, out + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float v = Math.max(Math.fma(get(x, at + 4L * i), scale, shift), low);
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, v);
    }
  }

  /** {@code max(x·scale + shift, low)} with a scale and a shift for each element. */
  static void multiplyAdd(
      MemorySegment x,
      long at,
      MemorySegment scales,
      long atScale,
      MemorySegment shifts,
      long atShift,
      float low,
      MemorySegment y,
      long out,
      int count) {
    y = NATIVE.cast(y);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector scale = load(scales, atScale + 4L * i);
      FloatVector shift = load(shifts, atShift + 4L * i);
      VectorMath.atLeast(load(x, at + 4L * i).fma(scale, shift), low)
          .intoMemorySegment(y, out + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float scale = get(scales, atScale + 4L * i);
      float v = Math.fma(get(x, at + 4L * i), scale, get(shifts, atShift + 4L * i));
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, Math.max(v, low));
    }
  }

  /** {@code max(a + b, low)}. */
  static void add(
      MemorySegment a,
      long atA,
      MemorySegment b,
      long atB,
      float low,
      MemorySegment y,
      long out,
      int count) {
    y = NATIVE.cast(y);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.atLeast(load(a, atA + 4L * i).add(load(b, atB + 4L * i)), low)
          .intoMemorySegment(y, out + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float v = Math.max(get(a, atA + 4L * i) + get(b, atB + 4L * i), low);
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, v);
    }
  }

  /** {@code f(a, b)} for rows. */
  static void both(
      Function f,
      MemorySegment a,
      long atA,
      MemorySegment b,
      long atB,
      MemorySegment y,
      long out,
      int count) {
    y = NATIVE.cast(y);
    int i = 0;
    switch (f) {
      case MULTIPLY -> {
        for (; i <= count - LANES; i += LANES) {
          FloatVector v = load(a, atA + 4L * i).mul(load(b, atB + 4L * i));
          v.intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case SUBTRACT -> {
        for (; i <= count - LANES; i += LANES) {
          FloatVector v = load(a, atA + 4L * i).sub(load(b, atB + 4L * i));
          v.intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case DIVIDE -> {
        for (; i <= count - LANES; i += LANES) {
          FloatVector v = load(a, atA + 4L * i).div(load(b, atB + 4L * i));
          v.intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case MAXIMUM -> {
        for (; i <= count - LANES; i += LANES) {
          FloatVector v = load(a, atA + 4L * i).max(load(b, atB + 4L * i));
          v.intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case MINIMUM -> {
        for (; i <= count - LANES; i += LANES) {
          FloatVector v = load(a, atA + 4L * i).min(load(b, atB + 4L * i));
          v.intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case ADD, COPY, MULTIPLY_ADD -> throw new IllegalArgumentException(f.toString());
    }
    for (; i < count; i++) {
      float v = one(f, get(a, atA + 4L * i), get(b, atB + 4L * i));
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, v);
    }
  }

  /** {@code f(a, b)} with one b for the row. */
  static void withNumber(
      Function f, MemorySegment a, long at, float b, MemorySegment y, long out, int count) {
    y = NATIVE.cast(y);
    int i = 0;
    switch (f) {
      case ADD -> i = plus(a, at, b, y, out, count);
      case SUBTRACT -> i = plus(a, at, -b, y, out, count);
      case MULTIPLY -> i = times(a, at, b, y, out, count);
      case DIVIDE -> {
        for (; i <= count - LANES; i += LANES) {
          load(a, at + 4L * i).div(b).intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case MAXIMUM -> {
        for (; i <= count - LANES; i += LANES) {
          load(a, at + 4L * i).max(b).intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case MINIMUM -> {
        for (; i <= count - LANES; i += LANES) {
          load(a, at + 4L * i).min(b).intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      case COPY, MULTIPLY_ADD -> throw new IllegalArgumentException(f.toString());
    }
    for (; i < count; i++) {
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, one(f, get(a, at + 4L * i), b));
    }
  }

  /** {@code f(a, b)} with one a for the row. */
  static void numberWith(
      Function f, float a, MemorySegment b, long at, MemorySegment y, long out, int count) {
    y = NATIVE.cast(y);
    if (f != Function.SUBTRACT && f != Function.DIVIDE) {
      withNumber(f, b, at, a, y, out, count);
      return;
    }
    FloatVector number = FloatVector.broadcast(SPECIES, a);
    int i = 0;
    if (f == Function.SUBTRACT) {
      for (; i <= count - LANES; i += LANES) {
        number.sub(load(b, at + 4L * i)).intoMemorySegment(y, out + 4L * i, ORDER);
      }
    } else {
      for (; i <= count - LANES; i += LANES) {
        number.div(load(b, at + 4L * i)).intoMemorySegment(y, out + 4L * i, ORDER);
      }
    }
    for (; i < count; i++) {
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, one(f, a, get(b, at + 4L * i)));
    }
  }

  private static int plus(MemorySegment a, long at, float b, MemorySegment y, long out, int count) {
    y = NATIVE.cast(y);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      load(a, at + 4L * i).add(b).intoMemorySegment(y, out + 4L * i, ORDER);
    }
    return i;
  }

  private static int times(
      MemorySegment a, long at, float b, MemorySegment y, long out, int count) {
    y = NATIVE.cast(y);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      load(a, at + 4L * i)
          .lanewise(VectorOperators.MUL, b)
          .intoMemorySegment(y, out + 4L * i, ORDER);
    }
    return i;
  }

  private static float one(Function f, float a, float b) {
    return switch (f) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case COPY, MULTIPLY_ADD -> throw new IllegalArgumentException(f.toString());
    };
  }
}
