package dev.conv4j.cli.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class SampledCheckTest {

  /** Ones everywhere: each sum is the number of its products. */
  private static final Convolution SMALL = Convolution.parse("n1c4i6x6k2f1x1");

  private static final Convolution LARGE = Convolution.parse("n1c4i100x100k2f1x1");

  @Test
  void passesWhatIsRight() {
    Verdict verdict = check(SMALL).check(result(SMALL, 4), 1);
    assertTrue(verdict.passed(), verdict.complaint());
    assertEquals(0, verdict.maxError());
  }

  @Test
  void allowsTheErrorOfASumAndNoMore() {
    // 4 products and 2 more roundings, ulp(1) each, of magnitude 4.
    float allowed = 6 * Math.ulp(1f) * 4;
    MemorySegment y = result(SMALL, 4);
    DType.F32.store(y, 17, 4 + allowed);
    assertTrue(check(SMALL).check(y, 1).passed());
    DType.F32.store(y, 17, Math.nextUp(4 + allowed));
    Verdict verdict = check(SMALL).check(y, 1);
    assertFalse(verdict.passed());
    assertTrue(verdict.complaint().startsWith("element 17 is "), verdict.complaint());
    assertTrue(check(SMALL).check(y, 2).passed(), "a declared factor widens the bound");
  }

  @Test
  void findsOneElementOfManyThatWasNotWritten() {
    MemorySegment y = result(LARGE, 4);
    DType.F32.store(y, 12345, Double.NaN);
    Verdict verdict = check(LARGE).check(y, 1);
    assertEquals(Verdict.Status.FAILED, verdict.status());
    assertTrue(verdict.complaint().startsWith("element 12345 was not written"));
  }

  @Test
  void looksAtBothEndsAndInBetweenOfALargeResult() {
    for (long wrongFrom : new long[] {0, 19_999, 9_000}) {
      MemorySegment y = result(LARGE, 4);
      for (long i = wrongFrom; i < Math.min(20_000, wrongFrom + 200); i++) {
        DType.F32.store(y, i, 5);
      }
      assertFalse(check(LARGE).check(y, 1).passed(), "wrong from " + wrongFrom);
    }
  }

  @Test
  void integersAreExact() {
    SampledCheck check =
        new SampledCheck(
            SMALL,
            ones(DType.U8, SMALL.inputShape().elements()),
            DType.U8,
            ones(DType.I8, SMALL.filterShape().elements()),
            DType.I8,
            DType.I32);
    MemorySegment y = filled(DType.I32, SMALL.outputShape().elements(), 4);
    assertTrue(check.check(y, 1).passed());
    DType.I32.store(y, 3, 5);
    assertFalse(check.check(y, 1).passed());
    DType.I32.store(y, 3, SampledCheck.POISON_INTEGER);
    assertTrue(check.check(y, 1).complaint().startsWith("element 3 was not written"));
  }

  private static SampledCheck check(Convolution problem) {
    return new SampledCheck(
        problem,
        ones(DType.F32, problem.inputShape().elements()),
        DType.F32,
        ones(DType.F32, problem.filterShape().elements()),
        DType.F32,
        DType.F32);
  }

  private static MemorySegment result(Convolution problem, double value) {
    return filled(DType.F32, problem.outputShape().elements(), value);
  }

  private static MemorySegment ones(DType type, long count) {
    return filled(type, count, 1);
  }

  private static MemorySegment filled(DType type, long count, double value) {
    MemorySegment memory = MemorySegment.ofArray(new byte[(int) count * type.bytes()]);
    for (long i = 0; i < count; i++) {
      type.store(memory, i, value);
    }
    return memory;
  }
}
