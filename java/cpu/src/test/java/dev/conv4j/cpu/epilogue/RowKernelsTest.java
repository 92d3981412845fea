package dev.conv4j.cpu.epilogue;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Activation;
import dev.conv4j.cpu.Allocations;
import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("width")
class RowKernelsTest {

  private static final float[] SPECIAL = {
    0f,
    -0f,
    Float.NaN,
    Float.intBitsToFloat(0x7fc00001),
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE,
    -Float.MIN_NORMAL,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    0.625f,
    -0.62499994f,
    -87f,
    -87.00001f,
    14f,
    -14f,
    -3f,
    3f
  };

  static Stream<Activation> activations() {
    return Stream.of(
        Activation.NONE,
        Activation.RELU,
        Activation.RELU6,
        Activation.clip(-1.5f, 2.25f),
        Activation.leakyRelu(0.1f),
        Activation.leakyRelu(-2f),
        Activation.SIGMOID,
        Activation.TANH,
        Activation.SILU,
        Activation.HARD_SWISH,
        Activation.GELU);
  }

  private static MemorySegment inputs(int count) {
    MemorySegment row = Arena.ofAuto().allocate(JAVA_FLOAT, count);
    Random random = new Random(7);
    for (int i = 0; i < count; i++) {
      double spread = Math.pow(10, random.nextInt(-6, 3));
      row.setAtIndex(
          JAVA_FLOAT,
          i,
          i < SPECIAL.length ? SPECIAL[i] : (float) (random.nextGaussian() * spread));
    }
    return row;
  }

  @ParameterizedTest
  @MethodSource("activations")
  void valuesAreWithinAFewUlpOfTheDefinition(Activation activation) {
    MemorySegment in = inputs(40_000);
    MemorySegment out = Arena.ofAuto().allocate(in.byteSize(), 64).copyFrom(in);
    RowKernels.best().activate(activation, out, 0, 40_000);
    double worst = 0;
    for (int i = 0; i < 40_000; i++) {
      float v = in.getAtIndex(JAVA_FLOAT, i);
      double exact = activation.apply(v);
      float got = out.getAtIndex(JAVA_FLOAT, i);
      if (Double.isNaN(exact) || Double.isInfinite(v)) {
        assertTrue(Double.isNaN(exact) == Float.isNaN(got), v + " -> " + got);
        continue;
      }
      // A factor that leaves the normal range may be flushed to zero.
      double flushed = 4 * Float.MIN_NORMAL * Math.max(1, Math.abs(v));
      double ulp = Math.max(Math.ulp((float) exact), flushed);
      worst = Math.max(worst, got == exact ? 0 : Math.abs(got - exact) / ulp);
      assertTrue(
          got == (float) exact || Math.abs(got - exact) <= 8 * ulp,
          activation + " of " + v + " is " + got);
    }
    System.out.printf("%s: worst error %.2f ulp%n", activation.kind(), worst);
  }

  @ParameterizedTest
  @MethodSource("activations")
  void anElementHasTheSameBitsInAVectorAndOutsideOne(Activation activation) {
    MemorySegment plain = inputs(5000);
    MemorySegment vectors = Arena.ofAuto().allocate(plain.byteSize(), 64).copyFrom(plain);
    new PlainRows().activate(activation, plain, 0, 5000);
    RowKernels.best().activate(activation, vectors, 0, 5000);
    for (int i = 0; i < 5000; i++) {
      assertEquals(
          Float.floatToIntBits(plain.getAtIndex(JAVA_FLOAT, i)),
          Float.floatToIntBits(vectors.getAtIndex(JAVA_FLOAT, i)),
          "element " + i);
    }
  }

  @ParameterizedTest
  @Tag("allocation")
  @MethodSource("activations")
  void nothingIsAllocated(Activation activation) {
    Assumptions.assumeTrue(VectorSupport.isUsable(), VectorSupport.warning());
    MemorySegment row = Arena.ofAuto().allocate(4 * 259, 64);
    RowKernels kernels = new VectorRows();
    assertEquals(0, Allocations.perCall(() -> kernels.activate(activation, row, 0, 259)));
    assertEquals(0, Allocations.perCall(() -> kernels.add(row, 0, 1f, row, 0, row, 0, 259, 0, 6)));
    assertEquals(
        0, Allocations.perCall(() -> kernels.addColumns(row, 0, row, 0, row, 0, row, 0, 259)));
  }

  /** Every count of columns and rows around a vector's lanes, with sentinels behind. */
  @Test
  void denseRowsFillTheirPlaceAndNothingElse() {
    RowKernels kernels = RowKernels.best();
    for (int columns = 1; columns <= 70; columns++) {
      for (int rows = 1; rows <= 5; rows++) {
        MemorySegment sums = inputs(rows * 80 + 64);
        MemorySegment out =
            Arena.ofAuto().allocate(JAVA_FLOAT, (long) rows * columns + 64).fill((byte) 7);
        kernels.addDense(sums, 0, 320, 2, out, 16, rows, columns, 1, 30);
        for (int i = 0; i < rows * columns + 64; i++) {
          boolean inside = i >= 4 && i < 4 + rows * columns;
          int at = (i - 4) / columns * 80 + (i - 4) % columns;
          assertEquals(
              inside
                  ? Math.min(Math.max(sums.getAtIndex(JAVA_FLOAT, at) + 2, 1), 30)
                  : out.getAtIndex(JAVA_FLOAT, 0),
              out.getAtIndex(JAVA_FLOAT, i),
              columns + " columns, " + rows + " rows, element " + i);
        }
      }
    }
  }

  /** Special sums, biases and residuals, to the bit, and nothing beside the columns is written. */
  @Test
  void columnsAreFinishedAsTheirDefinitionSays() {
    for (int columns : new int[] {1, 15, 16, 17, 32, 48, 64, 100, 128, 150}) {
      finish(columns, false);
      finish(columns, true);
    }
  }

  private static void finish(int columns, boolean own) {
    int rows = 5;
    int pitch = columns + 7;
    MemorySegment sums = inputs(rows * pitch);
    MemorySegment bias = inputs(columns + 3).asSlice(3L * Float.BYTES);
    MemorySegment residual = inputs(rows * pitch + 5).asSlice(5L * Float.BYTES);
    long row = (long) pitch * Float.BYTES;
    for (float[] limits : new float[][] {{0, Float.POSITIVE_INFINITY}, {-1.5f, 2.25f}}) {
      for (MemorySegment added : new MemorySegment[] {null, residual}) {
        MemorySegment out = Arena.ofAuto().allocate(JAVA_FLOAT, (long) rows * pitch);
        float low = limits[0];
        float high = limits[1];
        int done =
            RowKernels.best()
                .finishColumns(
                    own, sums, 0, row, bias, 0, added, out, 0, row, rows, columns, low, high);
        assertEquals(VectorSupport.isUsable() ? columns / Lanes.COUNT * Lanes.COUNT : 0, done);
        for (int i = 0; i < rows * pitch; i++) {
          float expected = 0;
          if (i % pitch < done) {
            float sum = sums.getAtIndex(JAVA_FLOAT, i) + bias.getAtIndex(JAVA_FLOAT, i % pitch);
            float more = added == null ? sum : sum + added.getAtIndex(JAVA_FLOAT, i);
            expected = more <= low ? low : more >= high ? high : more;
          }
          float actual = out.getAtIndex(JAVA_FLOAT, i);
          assertEquals(Float.floatToIntBits(expected), Float.floatToIntBits(actual), "at " + i);
        }
      }
    }
  }
}
