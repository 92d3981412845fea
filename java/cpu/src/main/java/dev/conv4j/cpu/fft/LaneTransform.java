package dev.conv4j.cpu.fft;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Fourier transforms of as many sequences as a vector has lanes: each element is a vector of real
 * parts and one of imaginary parts. Lanes never mix, so no stage needs a shuffle.
 *
 * <p>Forward is Gentleman and Sande's: natural order in, bit-reversed order out. Inverse is Cooley
 * and Tukey's, the other way round. Between them only element-wise products happen, so nobody ever
 * has to reverse bits.
 */
final class LaneTransform {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = SPECIES.vectorByteSize();

  /** Bytes of an element: real parts, then imaginary parts. */
  static final long ELEMENT = 2 * VECTOR;

  private final int size;
  private final float[] cosines;
  private final float[] sines;

  /**
   * @param size elements of a sequence, a power of two
   */
  LaneTransform(int size) {
    this.size = size;
    this.cosines = new float[Math.max(1, size / 2)];
    this.sines = new float[Math.max(1, size / 2)];
    for (int k = 0; k < size / 2; k++) {
      cosines[k] = (float) Math.cos(2 * Math.PI * k / size);
      sines[k] = (float) Math.sin(2 * Math.PI * k / size);
    }
  }

  /** Transforms in place; elements lie {@code step} bytes apart. */
  void forward(MemorySegment data, long at, long step) {
    for (int half = size / 2; half >= 1; half /= 2) {
      int turn = size / 2 / half;
      for (int start = 0; start < size; start += 2 * half) {
        decimateFrequency(data, at + start * step, step, half, turn, cosines, sines);
      }
    }
  }

  /** Transforms back, without dividing by the size. */
  void inverse(MemorySegment data, long at, long step) {
    for (int half = 1; half < size; half *= 2) {
      int turn = size / 2 / half;
      for (int start = 0; start < size; start += 2 * half) {
        decimateTime(data, at + start * step, step, half, turn, cosines, sines);
      }
    }
  }

  /** {@code (a, b) -> (a + b, (a - b)·exp(-iφ))} for pairs {@code half} elements apart. */
  private static void decimateFrequency(
      MemorySegment data, long at, long step, int half, int turn, float[] cosines, float[] sines) {
    data = NATIVE.cast(data);
    for (int k = 0; k < half; k++) {
      long one = at + k * step;
      long other = one + half * step;
      FloatVector cos = FloatVector.broadcast(SPECIES, cosines[k * turn]);
      FloatVector sin = FloatVector.broadcast(SPECIES, sines[k * turn]);
      FloatVector ar = FloatVector.fromMemorySegment(SPECIES, data, one, ORDER);
      FloatVector ai = FloatVector.fromMemorySegment(SPECIES, data, one + VECTOR, ORDER);
      FloatVector br = FloatVector.fromMemorySegment(SPECIES, data, other, ORDER);
      FloatVector bi = FloatVector.fromMemorySegment(SPECIES, data, other + VECTOR, ORDER);
      ar.add(br).intoMemorySegment(data, one, ORDER);
      ai.add(bi).intoMemorySegment(data, one + VECTOR, ORDER);
      FloatVector dr = ar.sub(br);
      FloatVector di = ai.sub(bi);
      dr.mul(cos).add(di.mul(sin)).intoMemorySegment(data, other, ORDER);
      di.mul(cos).sub(dr.mul(sin)).intoMemorySegment(data, other + VECTOR, ORDER);
    }
  }

  /** {@code (a, b) -> (a + b·exp(iφ), a - b·exp(iφ))} for pairs {@code half} elements apart. */
  private static void decimateTime(
      MemorySegment data, long at, long step, int half, int turn, float[] cosines, float[] sines) {
    data = NATIVE.cast(data);
    for (int k = 0; k < half; k++) {
      long one = at + k * step;
      long other = one + half * step;
      FloatVector cos = FloatVector.broadcast(SPECIES, cosines[k * turn]);
      FloatVector sin = FloatVector.broadcast(SPECIES, sines[k * turn]);
      FloatVector ar = FloatVector.fromMemorySegment(SPECIES, data, one, ORDER);
      FloatVector ai = FloatVector.fromMemorySegment(SPECIES, data, one + VECTOR, ORDER);
      FloatVector br = FloatVector.fromMemorySegment(SPECIES, data, other, ORDER);
      FloatVector bi = FloatVector.fromMemorySegment(SPECIES, data, other + VECTOR, ORDER);
      FloatVector tr = br.mul(cos).sub(bi.mul(sin));
      FloatVector ti = bi.mul(cos).add(br.mul(sin));
      ar.add(tr).intoMemorySegment(data, one, ORDER);
      ai.add(ti).intoMemorySegment(data, one + VECTOR, ORDER);
      ar.sub(tr).intoMemorySegment(data, other, ORDER);
      ai.sub(ti).intoMemorySegment(data, other + VECTOR, ORDER);
    }
  }

  /**
   * {@code target = source·spectrum}, element by element, one number of the spectrum for all lanes.
   *
   * @param source the elements
   * @param from the first
   * @param target where the products go, may be the source
   * @param to the first one's place
   * @param spectrum pairs of real and imaginary parts
   * @param first byte position of the first pair
   * @param count how many
   */
  static void multiply(
      MemorySegment source,
      long from,
      MemorySegment target,
      long to,
      MemorySegment spectrum,
      long first,
      int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < count; i++) {
      FloatVector wr =
          FloatVector.broadcast(SPECIES, spectrum.get(JAVA_FLOAT_UNALIGNED, first + 8L * i));
      FloatVector wi =
          FloatVector.broadcast(SPECIES, spectrum.get(JAVA_FLOAT_UNALIGNED, first + 8L * i + 4));
      long x = from + i * ELEMENT;
      long y = to + i * ELEMENT;
      FloatVector xr = FloatVector.fromMemorySegment(SPECIES, source, x, ORDER);
      FloatVector xi = FloatVector.fromMemorySegment(SPECIES, source, x + VECTOR, ORDER);
      xr.mul(wr).sub(xi.mul(wi)).intoMemorySegment(target, y, ORDER);
      xr.mul(wi).add(xi.mul(wr)).intoMemorySegment(target, y + VECTOR, ORDER);
    }
  }
}
