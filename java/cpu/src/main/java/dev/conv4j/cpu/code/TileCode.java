package dev.conv4j.cpu.code;

import static dev.conv4j.cpu.code.Assembler.R10;
import static dev.conv4j.cpu.code.Assembler.R11;
import static dev.conv4j.cpu.code.Assembler.R12;
import static dev.conv4j.cpu.code.Assembler.R13;
import static dev.conv4j.cpu.code.Assembler.R14;
import static dev.conv4j.cpu.code.Assembler.R15;
import static dev.conv4j.cpu.code.Assembler.R8;
import static dev.conv4j.cpu.code.Assembler.R9;
import static dev.conv4j.cpu.code.Assembler.RAX;
import static dev.conv4j.cpu.code.Assembler.RBP;
import static dev.conv4j.cpu.code.Assembler.RBX;
import static dev.conv4j.cpu.code.Assembler.RCX;
import static dev.conv4j.cpu.code.Assembler.RDI;
import static dev.conv4j.cpu.code.Assembler.RDX;
import static dev.conv4j.cpu.code.Assembler.RSI;
import static dev.conv4j.cpu.code.Assembler.RSP;
import static dev.conv4j.cpu.code.Assembler.VECTORS;
import static dev.conv4j.cpu.code.Assembler.VECTOR_BYTES;

import dev.conv4j.cpu.code.Assembler.Label;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * Emits the loops of register tiles: rows times vectors, each element one chain of fused
 * multiply-adds over ascending k from zero, so that the bits are those of any other loop. With each
 * product one line may be prefetched.
 *
 * <p>Arguments come as the System V ABI has them: the products in {@code rdi}, operands in {@code
 * rsi} and {@code rdx}, the tile in {@code rcx} and the bytes between its rows in {@code r8}, what
 * is prefetched in {@code r9}, more on the stack. Sums are in the first vector registers, behind
 * them a row of the panel and one element for all lanes.
 */
final class TileCode {

  /** Bytes of a group of gathered elements, and of what is prefetched with it. */
  static final int GROUP_BYTES = 32;

  /** Registers for the rows of windows. */
  private static final int[] ROWS = {RAX, R10, R11, RBX, RBP, R12, R13, R14};

  /** What a call must find as it left it. */
  private static final int[] SAVED = {RBX, RBP, R12, R13, R14, R15};

  private static final int WORD = Long.BYTES;

  private final Assembler code = new Assembler();
  private final int rows;
  private final int vectors;
  private final int panel;
  private final int element;

  private TileCode(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
    this.panel = rows * vectors;
    this.element = panel + vectors;
    if (rows > ROWS.length || element >= VECTORS) {
      throw new IllegalArgumentException("no registers for " + rows + " x " + vectors);
    }
  }

  /** Gathered groups times a panel: no arguments on the stack. */
  static byte[] groups(int rows, int vectors) {
    TileCode tile = new TileCode(rows, vectors);
    Assembler code = tile.code;
    tile.begin(RAX);
    code.repeat(
        RDI,
        () -> {
          tile.products(Memory.at(RDX, 0), row -> Memory.at(RSI, row * Float.BYTES));
          code.prefetch(Memory.at(R9, 0));
          tile.advance(RSI, GROUP_BYTES);
          tile.advance(RDX, vectors * VECTOR_BYTES);
          tile.advance(R9, GROUP_BYTES);
        });
    tile.store(RCX);
    return code.end();
  }

  /** Rows some bytes apart, the first argument on the stack, times a panel. */
  static byte[] rows(int rows, int vectors) {
    TileCode tile = new TileCode(rows, vectors);
    Assembler code = tile.code;
    tile.begin(RAX);
    code.load(RAX, Memory.at(RSP, WORD), false);
    code.address(R10, Memory.at(RSI, RAX, 4, 0));
    code.address(R11, Memory.at(RAX, RAX, 2, 0));
    code.repeat(
        RDI,
        () -> {
          tile.products(
              Memory.at(RDX, 0),
              row -> {
                int four = row < 4 ? RSI : R10;
                return switch (row % 4) {
                  case 0 -> Memory.at(four, 0);
                  case 3 -> Memory.at(four, R11, 1, 0);
                  default -> Memory.at(four, RAX, row % 4, 0);
                };
              });
          code.prefetch(Memory.at(R9, 0));
          tile.advance(RSI, Float.BYTES);
          tile.advance(R10, Float.BYTES);
          tile.advance(RDX, vectors * VECTOR_BYTES);
          tile.advance(R9, GROUP_BYTES);
        });
    tile.store(RCX);
    return code.end();
  }

  /** Windows times a panel: on the stack where each row begins and where each product is. */
  static byte[] windows(int rows, int vectors) {
    TileCode tile = new TileCode(rows, vectors);
    Assembler code = tile.code;
    for (int register : SAVED) {
      code.push(register);
    }
    tile.begin(R15);
    int saved = SAVED.length * WORD;
    code.load(R15, Memory.at(RSP, saved + WORD), false);
    for (int row = 0; row < rows; row++) {
      code.load(ROWS[row], Memory.at(R15, row * Integer.BYTES), true);
      code.add(ROWS[row], RSI);
    }
    code.load(R15, Memory.at(RSP, saved + 2 * WORD), false);
    code.repeat(
        RDI,
        () -> {
          code.load(RSI, Memory.at(R15, 0), true);
          tile.products(Memory.at(RDX, 0), row -> Memory.at(ROWS[row], RSI, 1, 0));
          code.prefetch(Memory.at(R9, 0));
          tile.advance(R15, Integer.BYTES);
          tile.advance(RDX, vectors * VECTOR_BYTES);
          tile.advance(R9, GROUP_BYTES);
        });
    tile.store(RCX);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    return code.end();
  }

  /**
   * Filters times points of planes, a row of tiles: on the stack where in the planes each product
   * is, how many tiles, and how far behind these filters others are. With each product the line at
   * its place in other planes is prefetched, and those filters.
   */
  static byte[] planes(int filters, int vectors) {
    TileCode tile = new TileCode(filters, vectors);
    Assembler code = tile.code;
    code.push(RBX);
    code.push(R12);
    Memory places = Memory.at(RSP, 3 * WORD);
    Memory tiles = Memory.at(RSP, 4 * WORD);
    code.load(R12, Memory.at(RSP, 5 * WORD), false);
    Label next = code.here();
    tile.begin(RAX);
    code.load(RAX, places, false);
    code.move(R10, RSI);
    code.move(R11, RDI);
    code.repeat(
        R11,
        () -> {
          code.load(RBX, Memory.at(RAX, 0), false);
          tile.products(Memory.at(RDX, RBX, 1, 0), filter -> Memory.at(R10, filter * Float.BYTES));
          code.prefetch(Memory.at(R9, RBX, 1, 0));
          code.prefetch(Memory.at(R10, R12, 1, 0));
          tile.advance(RAX, Long.BYTES);
          tile.advance(R10, filters * Float.BYTES);
        });
    code.move(R10, RCX);
    tile.store(R10);
    for (int register : new int[] {RDX, RCX, R9}) {
      tile.advance(register, vectors * VECTOR_BYTES);
    }
    code.decrement(tiles);
    code.jumpIfNotZero(next);
    code.pop(R12);
    code.pop(RBX);
    return code.end();
  }

  private void advance(int register, int bytes) {
    code.address(register, Memory.at(register, bytes));
  }

  /** Clears the sums, and asks for where they go to. */
  private void begin(int cursor) {
    code.move(cursor, RCX);
    for (int row = 0; row < rows; row++) {
      if (row > 0) {
        code.add(cursor, R8);
      }
      for (int v = 0; v < vectors; v++) {
        code.prefetchToWrite(Memory.at(cursor, v * VECTOR_BYTES));
        code.zero(row * vectors + v);
      }
    }
  }

  /** One product for each sum. */
  private void products(Memory vector, IntFunction<Memory> elementOf) {
    for (int v = 0; v < vectors; v++) {
      code.load(panel + v, vector.plus(v * VECTOR_BYTES));
    }
    IntConsumer row =
        vectors == 1
            ? i -> fromMemory(elementOf.apply(i), i)
            : i -> fromRegister(elementOf.apply(i), i);
    for (int i = 0; i < rows; i++) {
      row.accept(i);
    }
  }

  private void fromMemory(Memory one, int row) {
    code.multiplyAdd(row, panel, one);
  }

  private void fromRegister(Memory one, int row) {
    code.broadcast(element, one);
    for (int v = 0; v < vectors; v++) {
      code.multiplyAdd(row * vectors + v, panel + v, element);
    }
  }

  /** Stores the sums; the register is at the last row then. */
  private void store(int at) {
    for (int row = 0; row < rows; row++) {
      if (row > 0) {
        code.add(at, R8);
      }
      for (int v = 0; v < vectors; v++) {
        code.store(row * vectors + v, Memory.at(at, v * VECTOR_BYTES));
      }
    }
  }
}
