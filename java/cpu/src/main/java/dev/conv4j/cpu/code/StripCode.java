package dev.conv4j.cpu.code;

import static dev.conv4j.cpu.code.Assembler.R10;
import static dev.conv4j.cpu.code.Assembler.R8;
import static dev.conv4j.cpu.code.Assembler.R9;
import static dev.conv4j.cpu.code.Assembler.RAX;
import static dev.conv4j.cpu.code.Assembler.RCX;
import static dev.conv4j.cpu.code.Assembler.RDI;
import static dev.conv4j.cpu.code.Assembler.RDX;
import static dev.conv4j.cpu.code.Assembler.RSI;
import static dev.conv4j.cpu.code.Assembler.RSP;
import static dev.conv4j.cpu.code.Assembler.VECTOR_BYTES;

import dev.conv4j.cpu.code.Assembler.Comparison;
import dev.conv4j.cpu.code.Assembler.Jump;
import dev.conv4j.cpu.code.Assembler.Label;

/**
 * Emits the end of a tile whose columns are neighbouring channels: {@code result = min(max(sums +
 * bias + residual, low), high)}, row by row, of which there is at least one.
 *
 * <p>Arguments as in {@link TileCode}: rows, sums, bias, result, bytes between rows of the result,
 * the residual or 0, and on the stack the bytes between sums and both limits.
 */
final class StripCode {

  private static final int WORD = Long.BYTES;

  private final Assembler code = new Assembler();
  private final int vectors;
  private final int low;
  private final int high;
  private final int values;

  private StripCode(int vectors) {
    this.vectors = vectors;
    this.low = vectors;
    this.high = vectors + 1;
    this.values = vectors + 2;
  }

  static byte[] finish(int vectors) {
    return new StripCode(vectors).emit();
  }

  private byte[] emit() {
    code.load(RAX, Memory.at(RSP, WORD), false);
    code.load(R10, Memory.at(RSP, 2 * WORD), false);
    code.spread(low, R10);
    code.load(R10, Memory.at(RSP, 3 * WORD), false);
    code.spread(high, R10);
    for (int v = 0; v < vectors; v++) {
      code.load(v, Memory.at(RDX, v * VECTOR_BYTES));
    }
    code.test(R9);
    Jump plain = code.jumpIfZero();
    rows(true);
    code.land(plain);
    rows(false);
    return code.code();
  }

  private void rows(boolean residual) {
    Label again = code.here();
    for (int v = 0; v < vectors; v++) {
      int value = values + v;
      int at = v * VECTOR_BYTES;
      code.load(value, Memory.at(RSI, at));
      code.add(value, value, v);
      if (residual) {
        code.add(value, value, Memory.at(R9, at));
      }
      code.limit(value, low, Comparison.LESS_OR_EQUAL);
      code.limit(value, high, Comparison.GREATER_OR_EQUAL);
      code.store(value, Memory.at(RCX, at));
    }
    code.add(RSI, RAX);
    code.add(RCX, R8);
    if (residual) {
      code.add(R9, R8);
    }
    code.decrement(RDI);
    code.jumpIfNotZero(again);
    code.zeroUpper();
    code.returnFromCall();
  }
}
