package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.conv4j.Layout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the reference, which the oracle holds; on integers, so that every bit must match. */
@Tag("width")
class WindowRowsTest {

  /**
   * First layers; few filters; blocks that are pieces of rows; borders of each kind; sums that are
   * cut, of all channels; depth; several images; a patch that would be too large.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1c3i23x31k64f7x7s2p3",
        "n2c3i20x17k96f3x3s2",
        "n1c2i9x700k64f3x5s2p1",
        "n1c5i12x13k32f3x3d2p2",
        "n1c6i11x13k40f5x3p2breflect",
        "n1c4i9x300k16f3x3p1bcircular",
        "n1c7i8x9k33f3x3p1breplicate",
        "n1c150i14x13k64f3x3p1",
        "n1c3i5x9x10k64f3x3x3s2p1",
        "n1c130i3x260k64f5x5p2",
        "n2c6i13x12k64f3x3p1g2"
      })
  void isTheReference(String problem) {
    for (Layout layout : Layout.values()) {
      assertArrayEquals(
          IntegerRun.of(problem, "reference", layout),
          IntegerRun.of(problem, "implicit-gemm", layout));
    }
  }
}
