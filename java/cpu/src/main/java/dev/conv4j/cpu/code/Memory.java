package dev.conv4j.cpu.code;

/**
 * A place in memory.
 *
 * @param base a register
 * @param index another one, {@link #NONE} for none; not {@link Assembler#RSP}
 * @param scale by which it is multiplied: 1, 2, 4 or 8
 * @param offset bytes from there
 */
record Memory(int base, int index, int scale, int offset) {

  /** No register. */
  static final int NONE = -1;

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
