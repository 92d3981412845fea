package dev.conv4j.cpu.code;

import java.util.Arrays;

/**
 * Encodes the few instructions of x86-64 that {@link TileCode} and {@link StripCode} need: 64-bit
 * integers, and vectors of 512 bits with their EVEX prefix. (Intel 64 and IA-32 Architectures
 * Software Developer's Manual, volume 2, sections 2.1 and 2.7.) Registers are numbers as the
 * encoding has them.
 */
final class Assembler {

  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R9 = 9;
  static final int R10 = 10;
  static final int R11 = 11;
  static final int R12 = 12;
  static final int R13 = 13;
  static final int R14 = 14;
  static final int R15 = 15;

  /** Vector registers. */
  static final int VECTORS = 32;

  /** Bytes of a vector. */
  static final int VECTOR_BYTES = 64;

  private static final int NONE = -1;

  /** Opcode maps and mandatory prefixes, as EVEX numbers them. */
  private static final int MAP_0F = 1;

  private static final int MAP_0F38 = 2;
  private static final int NO_PREFIX = 0;
  private static final int PREFIX_66 = 1;

  /** An element of memory serves all lanes. */
  private static final int BROADCAST = 1 << 4;

  /** A mask register. */
  private static final int LANES_THAT_DO = 1;

  /** As the instruction numbers them; neither holds for a NaN. */
  enum Comparison {
    LESS_OR_EQUAL(0x12),
    GREATER_OR_EQUAL(0x1D);

    private final int code;

    Comparison(int code) {
      this.code = code;
    }
  }

  private byte[] code = new byte[1024];
  private int size;

  /**
   * A place in memory.
   *
   * @param base a register
   * @param index another one, {@link #NONE} for none; not {@link #RSP}
   * @param scale by which it is multiplied: 1, 2, 4 or 8
   * @param offset bytes from there
   */
  record Memory(int base, int index, int scale, int offset) {

    static Memory at(int base, int offset) {
      return new Memory(base, NONE, 1, offset);
    }

    static Memory at(int base, int index, int scale, int offset) {
      return new Memory(base, index, scale, offset);
    }

    Memory plus(int bytes) {
      return new Memory(base, index, scale, offset + bytes);
    }
  }

  /** A place in the code. */
  record Label(int at) {}

  /** A jump whose target is not known yet. */
  record Jump(int displacementAt) {}

  /** Returns the code so far. */
  byte[] code() {
    return Arrays.copyOf(code, size);
  }

  // Vectors.

  /** Sixteen floats from memory. */
  void load(int vector, Memory from) {
    evex(MAP_0F, NO_PREFIX, 0x10, vector, 0, from, VECTOR_BYTES, false);
  }

  /** Sixteen floats to memory. */
  void store(int vector, Memory to) {
    evex(MAP_0F, NO_PREFIX, 0x11, vector, 0, to, VECTOR_BYTES, false);
  }

  /** One float from memory to all lanes. */
  void broadcast(int vector, Memory from) {
    evex(MAP_0F38, PREFIX_66, 0x18, vector, 0, from, Float.BYTES, false);
  }

  /** {@code sum = x · y + sum}, rounded once. */
  void multiplyAdd(int sum, int x, int y) {
    evexPrefix(MAP_0F38, PREFIX_66, sum, x, bit(y, 3), bit(y, 4), 0);
    bytes(0xB8, registers(sum, y));
  }

  /** The same with one float from memory for all lanes of y. */
  void multiplyAdd(int sum, int x, Memory y) {
    evex(MAP_0F38, PREFIX_66, 0xB8, sum, x, y, Float.BYTES, true);
  }

  /** {@code to = x + y}. */
  void add(int to, int x, int y) {
    evexPrefix(MAP_0F, NO_PREFIX, to, x, bit(y, 3), bit(y, 4), 0);
    bytes(0x58, registers(to, y));
  }

  /** The same with sixteen floats from memory. */
  void add(int to, int x, Memory y) {
    evex(MAP_0F, NO_PREFIX, 0x58, to, x, y, VECTOR_BYTES, false);
  }

  /** Takes a limit where a comparison with it holds, so a NaN stays. */
  void limit(int vector, int limit, Comparison where) {
    evexPrefix(MAP_0F, NO_PREFIX, LANES_THAT_DO, vector, bit(limit, 3), bit(limit, 4), 0);
    bytes(0xC2, registers(LANES_THAT_DO, limit), where.code);
    evexPrefix(MAP_0F, NO_PREFIX, vector, 0, bit(limit, 3), bit(limit, 4), LANES_THAT_DO);
    bytes(0x28, registers(vector, limit));
  }

  /** The lower half of an integer register to all lanes. */
  void spread(int vector, int from) {
    evexPrefix(MAP_0F38, PREFIX_66, vector, 0, bit(from, 3), 0, 0);
    bytes(0x7C, registers(vector, from));
  }

  /** All lanes zero. */
  void zero(int vector) {
    evexPrefix(MAP_0F, PREFIX_66, vector, vector, bit(vector, 3), bit(vector, 4), 0);
    bytes(0xEF, registers(vector, vector));
  }

  /** Forgets upper halves, without which other code would be slower. */
  void zeroUpper() {
    bytes(0xC5, 0xF8, 0x77);
  }

  // Integers.

  void move(int to, int from) {
    rex(from, NONE, to);
    bytes(0x89, registers(from, to));
  }

  void load(int to, Memory from, boolean widen) {
    rex(to, from.index, from.base);
    bytes(widen ? 0x63 : 0x8B);
    address(to, from, 1);
  }

  void add(int to, int from) {
    rex(from, NONE, to);
    bytes(0x01, registers(from, to));
  }

  /** The address itself. */
  void address(int to, Memory of) {
    rex(to, of.index, of.base);
    bytes(0x8D);
    address(to, of, 1);
  }

  /** One less; {@link #jumpIfNotZero} tells what is left. */
  void decrement(int register) {
    rex(0, NONE, register);
    bytes(0xFF, registers(1, register));
  }

  /** The same in memory. */
  void decrement(Memory at) {
    rex(0, at.index, at.base);
    bytes(0xFF);
    address(1, at, 1);
  }

  void test(int register) {
    rex(register, NONE, register);
    bytes(0x85, registers(register, register));
  }

  void push(int register) {
    if (register > 7) {
      bytes(0x41);
    }
    bytes(0x50 | (register & 7));
  }

  void pop(int register) {
    if (register > 7) {
      bytes(0x41);
    }
    bytes(0x58 | (register & 7));
  }

  /** Asks for a line, and does not wait. It comes as far as the second-level cache. */
  void prefetch(Memory line) {
    prefetch(line, 0x18, 2);
  }

  /** The same for a line that will be written, which comes all the way. */
  void prefetchToWrite(Memory line) {
    prefetch(line, 0x0D, 1);
  }

  private void prefetch(Memory line, int opcode, int hint) {
    int high = (line.index > 7 ? 2 : 0) | bit(line.base, 3);
    if (high != 0) {
      bytes(0x40 | high);
    }
    bytes(0x0F, opcode);
    address(hint, line, 1);
  }

  // Control.

  Label here() {
    return new Label(size);
  }

  void jumpIfNotZero(Label back) {
    bytes(0x0F, 0x85);
    displacement(back.at - (size + Integer.BYTES));
  }

  Jump jumpIfZero() {
    bytes(0x0F, 0x84);
    displacement(0);
    return new Jump(size - Integer.BYTES);
  }

  /** Lets a jump end here. */
  void land(Jump jump) {
    int end = size;
    size = jump.displacementAt;
    displacement(end - (jump.displacementAt + Integer.BYTES));
    size = end;
  }

  void returnFromCall() {
    bytes(0xC3);
  }

  // Encoding.

  private static int bit(int register, int bit) {
    return (register >> bit) & 1;
  }

  /** ModRM of two registers. */
  private static int registers(int reg, int rm) {
    return 0xC0 | ((reg & 7) << 3) | (rm & 7);
  }

  private void rex(int reg, int index, int base) {
    bytes(0x48 | (bit(reg, 3) << 2) | (index > 7 ? 2 : 0) | bit(base, 3));
  }

  private void evex(
      int map,
      int prefix,
      int opcode,
      int reg,
      int second,
      Memory memory,
      int unit,
      boolean broadcast) {
    int index = memory.index > 7 ? 1 : 0;
    int options = broadcast ? BROADCAST : 0;
    evexPrefix(map, prefix, reg, second, bit(memory.base, 3), index, options);
    bytes(opcode);
    address(reg, memory, unit);
  }

  /**
   * The four bytes, with a vector length of 512 bits; the high bits of registers are inverted.
   *
   * @param options {@link #BROADCAST}, or a mask register
   */
  private void evexPrefix(int map, int prefix, int reg, int second, int b, int x, int options) {
    int r = bit(reg, 3);
    int r2 = bit(reg, 4);
    bytes(0x62);
    bytes(((1 - r) << 7) | ((1 - x) << 6) | ((1 - b) << 5) | ((1 - r2) << 4) | map);
    bytes(((~second & 15) << 3) | 4 | prefix);
    bytes((2 << 5) | ((1 - bit(second, 4)) << 3) | options);
  }

  /**
   * ModRM, SIB and displacement.
   *
   * @param unit what a short displacement counts in
   */
  private void address(int reg, Memory memory, int unit) {
    int offset = memory.offset;
    boolean brief = offset % unit == 0 && (byte) (offset / unit) == offset / unit;
    int mod = brief ? 0x40 : 0x80;
    boolean indexed = memory.index != NONE || (memory.base & 7) == RSP;
    bytes(mod | ((reg & 7) << 3) | (indexed ? 4 : memory.base & 7));
    if (indexed) {
      int index = memory.index == NONE ? 4 : memory.index & 7;
      int scale = Integer.numberOfTrailingZeros(memory.scale);
      bytes((scale << 6) | (index << 3) | (memory.base & 7));
    }
    if (brief) {
      bytes(offset / unit);
    } else {
      displacement(offset);
    }
  }

  private void displacement(int value) {
    bytes(value, value >> 8, value >> 16, value >> 24);
  }

  private void bytes(int... values) {
    if (size + values.length > code.length) {
      code = Arrays.copyOf(code, 2 * code.length);
    }
    for (int value : values) {
      code[size++] = (byte) value;
    }
  }
}
