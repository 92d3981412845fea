package dev.conv4j.cpu.winograd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.conv4j.cpu.code.LineFormula;
import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.microkernel.MachineLines;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Transforms of lines, in vectors and in machine code, against their formulas read one by one. */
@Tag("width")
@Tag("microkernel")
class LineKernelTest {

  private static final float UNTOUCHED = 77;

  private static Map<Supplier<LineFormula>, Supplier<LineKernel>> kernels() {
    Map<Supplier<LineFormula>, Supplier<LineKernel>> kernels = new LinkedHashMap<>();
    kernels.put(Formulas::fourPointInput, FourPointInput::new);
    kernels.put(Formulas::fourPointOutputTwo, FourPointOutputTwo::new);
    kernels.put(Formulas::sixPointInput, SixPointInput::new);
    kernels.put(Formulas::sixPointOutputFour, SixPointOutputFour::new);
    kernels.put(Formulas::sixPointOutputTwo, SixPointOutputTwo::new);
    kernels.put(Formulas::copy, CopyPixels::new);
    for (float[][] matrix :
        new float[][][] {FourPoints.filter(), SixPoints.filter(3), SixPoints.filter(5)}) {
      kernels.put(() -> Formulas.matrix(matrix), () -> new MatrixTransform(matrix));
    }
    return kernels;
  }

  @BeforeEach
  void withVectors() {
    Assumptions.assumeTrue(VectorSupport.isUsable(), "there are no vectors");
  }

  /** Machine code where there is any, and the loop of vectors that stands in for it. */
  @Test
  void theyComputeTheirFormulasToTheBit() {
    kernels()
        .forEach((formula, vectors) -> {
          for (int count : new int[] {0, 1, 2, 5, 1030}) {
            check(formula.get(), vectors.get(), count);
            check(formula.get(), Transform.kernel(formula.get(), vectors), count);
          }
        });
  }

  private static void check(LineFormula formula, LineKernel kernel, int count) {
    int lanes = Lanes.COUNT;
    int inputs = formula.inputs();
    int results = formula.results().size();
    long vector = (long) lanes * Float.BYTES;
    // Vectors of a line with a gap between them, and lines side by side within that gap.
    long step = count * vector + 4;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment source = arena.allocate((inputs - 1) * step + Math.max(count, 1) * vector, 4);
      MemorySegment target = arena.allocate((long) Math.max(count, 1) * results * vector + 8, 4);
      Random random = new Random(count);
      for (long i = 0; i < source.byteSize() / Float.BYTES; i++) {
        source.setAtIndex(JAVA_FLOAT, i, random.nextFloat() - 0.5f);
      }
      for (long i = 0; i < target.byteSize() / Float.BYTES; i++) {
        target.setAtIndex(JAVA_FLOAT, i, UNTOUCHED);
      }
      kernel.run(source, 0, step, vector, target, 4, vector, results * vector, count);
      for (int line = 0; line < count; line++) {
        for (int lane = 0; lane < lanes; lane++) {
          float[] x = new float[inputs];
          for (int i = 0; i < inputs; i++) {
            x[i] = source.get(JAVA_FLOAT, i * step + line * vector + (long) lane * Float.BYTES);
          }
          float[] expected = evaluate(formula, x);
          for (int i = 0; i < results; i++) {
            long at = 4 + (line * results + i) * vector + (long) lane * Float.BYTES;
            assertEquals(
                expected[i], target.get(JAVA_FLOAT, at), "result " + i + " of line " + line);
          }
        }
      }
      assertEquals(UNTOUCHED, target.get(JAVA_FLOAT, 0));
      assertEquals(UNTOUCHED, target.get(JAVA_FLOAT, 4L + (long) count * results * vector));
    }
  }

  private static float[] evaluate(LineFormula formula, float[] line) {
    float[] values = new float[formula.steps().size()];
    int inputs = 0;
    for (int i = 0; i < values.length; i++) {
      LineFormula.Step step = formula.steps().get(i);
      float[] x = new float[3];
      for (int j = 0; j < step.operands().size(); j++) {
        x[j] = values[step.operands().get(j)];
      }
      values[i] =
          switch (step.operation()) {
            case INPUT -> line[inputs++];
            case CONSTANT -> step.constant();
            case SUM -> x[0] + x[1];
            case DIFFERENCE -> x[0] - x[1];
            case PRODUCT -> x[0] * x[1];
            case PRODUCT_AND_SUM -> Math.fma(x[0], x[1], x[2]);
            case MAXIMUM -> Math.max(x[0], x[1]);
          };
    }
    float[] results = new float[formula.results().size()];
    for (int i = 0; i < results.length; i++) {
      results[i] = values[formula.results().get(i)];
    }
    return results;
  }

  /** A result that is an operand later, one that is stored twice, and one that is a constant. */
  @Test
  void resultsMayBeAnything() {
    LineFormula formula = new LineFormula();
    int x = formula.input();
    int sum = formula.sum(x, formula.constant(2));
    formula.result(sum);
    formula.result(formula.product(sum, sum));
    formula.result(sum);
    formula.result(formula.constant(3));
    LineKernel kernel = MachineLines.of(formula).orElse(null);
    Assumptions.assumeTrue(kernel != null, "there is no machine code");
    check(formula, kernel, 3);
  }

  /** Zeros of both signs, infinities, and no numbers, each beside each. */
  @Test
  void maximaAreThoseOfTheScalarForm() {
    float[] specials = {
      0f, -0f, 1, -1, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN
    };
    LineFormula formula = new LineFormula();
    formula.result(formula.maximum(formula.input(), formula.input()));
    LineKernel kernel = MachineLines.of(formula).orElse(null);
    Assumptions.assumeTrue(kernel != null, "there is no machine code");
    long vector = (long) Lanes.COUNT * Float.BYTES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment line = arena.allocate(2 * vector, vector);
      MemorySegment result = arena.allocate(vector, vector);
      for (float x : specials) {
        for (int i = 0; i < 2 * Lanes.COUNT; i++) {
          line.setAtIndex(JAVA_FLOAT, i, i < Lanes.COUNT ? x : specials[i % specials.length]);
        }
        kernel.run(line, 0, vector, 0, result, 0, vector, 0, 1);
        for (int i = 0; i < Lanes.COUNT; i++) {
          float y = line.getAtIndex(JAVA_FLOAT, Lanes.COUNT + i);
          float expected = y > x || Float.isNaN(y) ? y : x;
          int actual = Float.floatToIntBits(result.getAtIndex(JAVA_FLOAT, i));
          assertEquals(Float.floatToIntBits(expected), actual, x + " and " + y);
        }
      }
    }
  }

  /** Nothing is checked behind a call of machine code, so all of it is before. */
  @Test
  void linesBeyondTheirMemoryAreRefused() {
    long vector = (long) Lanes.COUNT * Float.BYTES;
    Class<IndexOutOfBoundsException> refused = IndexOutOfBoundsException.class;
    kernels()
        .forEach((formula, vectors) -> {
          LineKernel kernel = Transform.kernel(formula.get(), vectors);
          long line = formula.get().inputs() * vector;
          long result = formula.get().results().size() * vector;
          try (Arena arena = Arena.ofShared()) {
            MemorySegment from = arena.allocate(line, 64);
            MemorySegment to = arena.allocate(result, 64);
            kernel.run(from, 0, vector, line, to, 0, vector, result, 1);
            assertThrows(
                refused, () -> kernel.run(from, 4, vector, line, to, 0, vector, result, 1));
            assertThrows(
                refused, () -> kernel.run(from, 0, vector, line, to, 4, vector, result, 1));
            assertThrows(
                refused, () -> kernel.run(from, 0, vector, line, to, 0, vector, result, 2));
          }
        });
  }
}
