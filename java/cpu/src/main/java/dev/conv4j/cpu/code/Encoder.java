package dev.conv4j.cpu.code;

import java.util.Arrays;

/**
 * Code as it grows, and how instructions are encoded: with a REX prefix, or with the EVEX prefix of
 * 512 bits. (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, sections 2.1
 * and 2.7.)
 */
abstract class Encoder {

  /** Opcode maps and mandatory prefixes, as EVEX numbers them. */
  static final int MAP_0F = 1;

  static final int MAP_0F38 = 2;
  static final int MAP_0F3A = 3;
  static final int NO_PREFIX = 0;
  static final int PREFIX_66 = 1;

  /** An element of memory serves all lanes. */
  static final int BROADCAST = 1 << 4;

  /** Lanes that a mask leaves out become zero. */
  static final int ZEROING = 1 << 7;

  private byte[] code = new byte[1024];
  private int size;

  /** Returns the code so far. */
  final byte[] code() {
    return Arrays.copyOf(code, size);
  }

  /** Returns its bytes. */
  final int size() {
    return size;
  }

  static int bit(int register, int bit) {
    return (register >> bit) & 1;
  }

  /** ModRM of two registers. */
  static int registers(int reg, int rm) {
    return 0xC0 | ((reg & 7) << 3) | (rm & 7);
  }

  void rex(int reg, int index, int base) {
    bytes(0x48 | (bit(reg, 3) << 2) | (index > 7 ? 2 : 0) | bit(base, 3));
  }

  /**
   * An instruction with memory for its last operand.
   *
   * @param options as {@link #evexPrefix} takes them
   */
  void evex(
      int map, int prefix, int opcode, int reg, int second, Memory memory, int unit, int options) {
    int index = memory.index() > 7 ? 1 : 0;
    evexPrefix(map, prefix, reg, second, bit(memory.base(), 3), index, options);
    bytes(opcode);
    address(reg, memory, unit);
  }

  /**
   * The four bytes, with a vector length of 512 bits; the high bits of registers are inverted.
   *
   * @param options {@link #BROADCAST}, a mask register, {@link #ZEROING}
   */
  void evexPrefix(int map, int prefix, int reg, int second, int b, int x, int options) {
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
  void address(int reg, Memory memory, int unit) {
    int offset = memory.offset();
    boolean brief = offset % unit == 0 && (byte) (offset / unit) == offset / unit;
    int mod = brief ? 0x40 : 0x80;
    boolean indexed = memory.index() != Memory.NONE || (memory.base() & 7) == Assembler.RSP;
    bytes(mod | ((reg & 7) << 3) | (indexed ? 4 : memory.base() & 7));
    if (indexed) {
      int index = memory.index() == Memory.NONE ? 4 : memory.index() & 7;
      int scale = Integer.numberOfTrailingZeros(memory.scale());
      bytes((scale << 6) | (index << 3) | (memory.base() & 7));
    }
    if (brief) {
      bytes(offset / unit);
    } else {
      displacement(offset);
    }
  }

  void displacement(int value) {
    bytes(value, value >> 8, value >> 16, value >> 24);
  }

  /** Fills in a displacement that was not known before. */
  final void displacementAt(int at, int value) {
    int end = size;
    size = at;
    displacement(value);
    size = end;
  }

  final void bytes(int... values) {
    if (size + values.length > code.length) {
      code = Arrays.copyOf(code, 2 * code.length);
    }
    for (int value : values) {
      code[size++] = (byte) value;
    }
  }
}
