package dev.conv4j.cpu.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.vector.Lanes;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where there is machine code; what it computes is the kernels' tests' business. */
@Tag("width")
@Tag("microkernel")
class MachineCodeTest {

  private static boolean isExpected() {
    return MachineCode.class.getModule().isNativeAccessEnabled()
        && System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64")
        && VectorSupport.isUsable()
        && Lanes.BITS == 512;
  }

  /** A machine that could have it and has not would be slower, and nobody would see it. */
  @Test
  void itIsUsedWhereverItMayBe() {
    assertEquals(isExpected(), Kernels.best().areMachineCode());
    assertEquals(isExpected(), Kernels.best().planes().getFirst().wide().prefetches());
    assertEquals(isExpected(), MachineCode.finish(4).isPresent());
  }

  @Test
  void tilesHaveNoMoreRowsAndVectorsThanThereAreRegisters() {
    assertThrows(IllegalArgumentException.class, () -> TileCode.groups(8, 4));
    assertThrows(IllegalArgumentException.class, () -> TileCode.windows(9, 1));
  }

  /** As a disassembler reads it: registers above 15 and 7, scaled offsets, an index, a mask. */
  @Test
  void instructionsAreThoseOfTheManual() {
    Assembler code = new Assembler();
    code.load(17, Memory.at(Assembler.R9, Assembler.RSI, 4, 128));
    code.multiplyAdd(30, 3, Memory.at(Assembler.RSP, 4));
    code.multiplyAdd(1, 18, 25);
    code.limit(6, 4, Assembler.Comparison.LESS_OR_EQUAL);
    code.prefetch(Memory.at(Assembler.R13, 0));
    String expected =
        "62c17c48104cb102" // vmovups zmm17, [r9+rsi*4+0x80]
            + "62626558b8742401" // vfmadd231ps zmm30, zmm3, [rsp+0x4]{1to16}
            + "62926d40b8c9" // vfmadd231ps zmm1, zmm18, zmm25
            + "62f14c48c2cc12" // vcmple_oqps k1, zmm6, zmm4
            + "62f17c4928f4" // vmovaps zmm6{k1}, zmm4
            + "410f185500"; // prefetcht1 [r13+0x0]
    assertEquals(expected, java.util.HexFormat.of().formatHex(code.code()));
  }
}
