package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.conv4j.Layout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the reference, which the oracle holds; on integers, so that every bit must match. */
@Tag("width")
class GroupedRowsTest {

  /**
   * Few points and many filters: whole tiles up to the end of memory, tiles left over, segments.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1c200i7x7k200f1x1",
        "n1c20i5x5k400f1x1",
        "n2c37i5x6k197f3x3p1",
        "n1c1200i3x4k200f1x1",
        "n1c72i9x9k200f3x3s2p1"
      })
  void isTheReference(String problem) {
    assertArrayEquals(
        IntegerRun.of(problem, "reference", Layout.NHWC),
        IntegerRun.of(problem, "implicit-gemm", Layout.NHWC));
  }
}
