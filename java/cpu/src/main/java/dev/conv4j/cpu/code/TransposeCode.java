package dev.conv4j.cpu.code;

import static dev.conv4j.cpu.code.Assembler.R10;
import static dev.conv4j.cpu.code.Assembler.R11;
import static dev.conv4j.cpu.code.Assembler.R12;
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
import static dev.conv4j.cpu.code.Assembler.VECTOR_BYTES;

import dev.conv4j.cpu.code.Assembler.Condition;
import dev.conv4j.cpu.code.Assembler.Jump;
import dev.conv4j.cpu.code.Assembler.Label;
import java.util.ArrayList;
import java.util.List;

/**
 * Emits transpositions: of whole matrices by blocks of 16 by 16, all in registers, and of eight
 * rows at a time. Pairs of rows are zipped to fours of one column, and fours exchanged.
 */
final class TransposeCode {

  private static final int WORD = Long.BYTES;

  /** Rows and columns of a block. */
  private static final int BLOCK = VECTOR_BYTES / Float.BYTES;

  /** Rows of a group. */
  private static final int GROUP = 8;

  /** Columns are zipped by fours. */
  private static final int FOUR = 4;

  /** Lanes 0 and 1, or 2 and 3, of both. */
  private static final int FIRST = 0b01_00_01_00;

  private static final int LAST = 0b11_10_11_10;

  /** Fours 0 and 2, or 1 and 3, of both. */
  private static final int EVEN = 0b10_00_10_00;

  private static final int ODD = 0b11_01_11_01;

  private static final int ROW_MASK = 1;
  private static final int COLUMN_MASK = 2;

  /** The strip's columns left, and its next block. */
  private static final int COLUMNS = RBX;

  private static final int FROM = R12;
  private static final int TO = RBP;
  private static final int[] SAVED = {RBX, RBP, R12};

  private final Assembler code = new Assembler();

  private TransposeCode() {}

  /**
   * A matrix: rows, the first of them, the bytes between them, the first column's place as a row,
   * the bytes between those, columns; on the stack masks of the lanes of the last block's rows and
   * columns.
   */
  static byte[] matrix() {
    return new TransposeCode().emitMatrix();
  }

  /**
   * Groups of eight rows of 16 columns, which become eight neighbours for each column: groups, the
   * first row, the bytes between rows and between groups, where they go, the bytes between groups
   * there.
   */
  static byte[] groups() {
    return new TransposeCode().emitGroups();
  }

  private byte[] emitMatrix() {
    for (int register : SAVED) {
      code.push(register);
    }
    code.address(R10, Memory.at(RDX, RDX, 2, 0));
    code.address(R11, Memory.at(R8, R8, 2, 0));
    Label nextRows = code.here();
    code.compare(RDI, 0);
    Jump done = code.jump(Condition.AT_MOST);
    code.move(COLUMNS, R9);
    code.move(FROM, RSI);
    code.move(TO, RCX);
    strip();
    step(RSI, RDX);
    code.address(RCX, Memory.at(RCX, VECTOR_BYTES));
    code.address(RDI, Memory.at(RDI, -BLOCK));
    code.jump(nextRows);
    code.land(done);
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    return code.end();
  }

  /** A block's rows, of all columns. */
  private void strip() {
    Label next = code.here();
    code.compare(COLUMNS, 0);
    Jump done = code.jump(Condition.AT_MOST);
    code.compare(RDI, BLOCK);
    Jump fewRows = code.jump(Condition.LESS);
    code.compare(COLUMNS, BLOCK);
    Jump fewColumns = code.jump(Condition.LESS);
    for (int row = 0; row < BLOCK; row++) {
      code.load(row, row(RAX, FROM, RDX, R10, row));
    }
    int[] columns = columns(BLOCK);
    for (int column = 0; column < BLOCK; column++) {
      code.store(columns[column], row(RAX, TO, R8, R11, column));
    }
    Jump whole = code.jump();
    code.land(fewRows);
    code.land(fewColumns);
    edge();
    code.land(whole);
    code.address(COLUMNS, Memory.at(COLUMNS, -BLOCK));
    code.address(FROM, Memory.at(FROM, VECTOR_BYTES));
    step(TO, R8);
    code.jump(next);
    code.land(done);
  }

  /** A block of fewer rows or columns. What lies in the registers of other rows does not matter. */
  private void edge() {
    int saved = SAVED.length * WORD;
    mask(ROW_MASK, RDI, Memory.at(RSP, saved + WORD));
    mask(COLUMN_MASK, COLUMNS, Memory.at(RSP, saved + 2 * WORD));
    List<Jump> loaded = new ArrayList<>();
    for (int row = 0; row < BLOCK; row++) {
      if (row > 0) {
        code.compare(RDI, row);
        loaded.add(code.jump(Condition.AT_MOST));
      }
      code.load(row, row(RAX, FROM, RDX, R10, row), COLUMN_MASK);
    }
    loaded.forEach(code::land);
    int[] columns = columns(BLOCK);
    List<Jump> stored = new ArrayList<>();
    for (int column = 0; column < BLOCK; column++) {
      if (column > 0) {
        code.compare(COLUMNS, column);
        stored.add(code.jump(Condition.AT_MOST));
      }
      code.store(columns[column], row(RAX, TO, R8, R11, column), ROW_MASK);
    }
    stored.forEach(code::land);
  }

  /** All lanes, or those of the last block. */
  private void mask(int mask, int left, Memory last) {
    code.number(RAX, (1 << BLOCK) - 1);
    code.compare(left, BLOCK);
    Jump whole = code.jump(Condition.AT_LEAST);
    code.load(RAX, last, false);
    code.land(whole);
    code.mask(mask, RAX);
  }

  private byte[] emitGroups() {
    code.address(R10, Memory.at(RDX, RDX, 2, 0));
    code.repeat(
        RDI,
        () -> {
          for (int row = 0; row < GROUP; row++) {
            code.load(row, row(RAX, RSI, RDX, R10, row));
          }
          int[] results = eightRows();
          for (int i = 0; i < results.length; i++) {
            code.store(results[i], Memory.at(R8, i * VECTOR_BYTES));
          }
          code.add(RSI, RCX);
          code.add(R8, R9);
        });
    return code.end();
  }

  /** A row's place, rows being asked for in order: every fourth moves a cursor. */
  private Memory row(int cursor, int first, int distance, int threeDistances, int row) {
    if (row == 0) {
      code.move(cursor, first);
    } else if (row % FOUR == 0) {
      code.address(cursor, Memory.at(cursor, distance, FOUR, 0));
    }
    return switch (row % FOUR) {
      case 0 -> Memory.at(cursor, 0);
      case 3 -> Memory.at(cursor, threeDistances, 1, 0);
      default -> Memory.at(cursor, distance, row % FOUR, 0);
    };
  }

  private void step(int register, int distance) {
    for (int rows = 0; rows < BLOCK; rows += 8) {
      code.address(register, Memory.at(register, distance, 8, 0));
    }
  }

  /**
   * Zips rows by fours: the register of a four's i-th row then has in its b-th lanes column 4 b + i
   * of the four.
   *
   * @param rows in the first registers, with as many more behind them to use
   */
  private void fours(int rows) {
    for (int row = 0; row < rows; row += 2) {
      code.unpackLow(rows + row, row, row + 1);
      code.unpackHigh(rows + row + 1, row, row + 1);
    }
    for (int row = 0; row < rows; row += FOUR) {
      int pairs = rows + row;
      code.shuffle(row, pairs, pairs + 2, FIRST);
      code.shuffle(row + 1, pairs, pairs + 2, LAST);
      code.shuffle(row + 2, pairs + 1, pairs + 3, FIRST);
      code.shuffle(row + 3, pairs + 1, pairs + 3, LAST);
    }
  }

  /** Transposes sixteen rows, and returns the registers of columns. */
  private int[] columns(int rows) {
    fours(rows);
    for (int half = 0; half < rows; half += GROUP) {
      for (int i = 0; i < FOUR; i++) {
        int row = half + i;
        code.shuffleFours(rows + row, row, row + FOUR, EVEN);
        code.shuffleFours(rows + row + FOUR, row, row + FOUR, ODD);
      }
    }
    int[] columns = new int[BLOCK];
    for (int i = 0; i < GROUP; i++) {
      code.shuffleFours(i, rows + i, rows + GROUP + i, EVEN);
      code.shuffleFours(GROUP + i, rows + i, rows + GROUP + i, ODD);
      columns[i] = i;
      columns[GROUP + i] = GROUP + i;
    }
    return columns;
  }

  /** Transposes eight rows, and returns the registers of pairs of columns. */
  private int[] eightRows() {
    fours(GROUP);
    int[] results = new int[GROUP];
    for (int pair = 0; pair < 2; pair++) {
      // Both columns' first four rows, and their last.
      int first = 2 * pair;
      int second = first + 1;
      int at = GROUP + GROUP * pair;
      code.shuffleFours(at, first, first + FOUR, FIRST);
      code.shuffleFours(at + 1, second, second + FOUR, FIRST);
      code.shuffleFours(at + 2, first, first + FOUR, LAST);
      code.shuffleFours(at + 3, second, second + FOUR, LAST);
      for (int half = 0; half < 2; half++) {
        int x = at + 2 * half;
        code.shuffleFours(at + FOUR + 2 * half, x, x + 1, EVEN);
        code.shuffleFours(at + FOUR + 2 * half + 1, x, x + 1, ODD);
        results[FOUR * half + pair] = at + FOUR + 2 * half;
        results[FOUR * half + 2 + pair] = at + FOUR + 2 * half + 1;
      }
    }
    return results;
  }
}
