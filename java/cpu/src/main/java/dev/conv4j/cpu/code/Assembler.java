package dev.conv4j.cpu.code;

/**
 * The few instructions of x86-64 that loops here are made of: 64-bit integers, and vectors of 512
 * bits. Registers are numbers as the encoding has them.
 */
final class Assembler extends Encoder {

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

  /** A mask register. */
  private static final int LANES_THAT_DO = 1;

  /** As the instruction numbers them. */
  enum Comparison {
    /** One is no number. */
    UNORDERED(0x03),
    LESS_OR_EQUAL(0x12),
    GREATER_OR_EQUAL(0x1D);

    private final int code;

    Comparison(int code) {
      this.code = code;
    }
  }

  /** What a comparison of integers with signs has found. */
  enum Condition {
    ZERO(0x4),
    NOT_ZERO(0x5),
    LESS(0xC),
    AT_LEAST(0xD),
    AT_MOST(0xE);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  /** A place in the code. */
  record Label(int at) {}

  /** A jump whose target is not known yet. */
  record Jump(int displacementAt) {}

  // Vectors.

  /** Sixteen floats from memory. */
  void load(int vector, Memory from) {
    evex(MAP_0F, NO_PREFIX, 0x10, vector, 0, from, VECTOR_BYTES, 0);
  }

  /** Sixteen floats to memory. */
  void store(int vector, Memory to) {
    evex(MAP_0F, NO_PREFIX, 0x11, vector, 0, to, VECTOR_BYTES, 0);
  }

  /** Those floats that a mask register has a bit for, and zeros. */
  void load(int vector, Memory from, int mask) {
    evex(MAP_0F, NO_PREFIX, 0x10, vector, 0, from, VECTOR_BYTES, ZEROING | mask);
  }

  /** Those floats that a mask register has a bit for. */
  void store(int vector, Memory to, int mask) {
    evex(MAP_0F, NO_PREFIX, 0x11, vector, 0, to, VECTOR_BYTES, mask);
  }

  /** One float from memory to all lanes. */
  void broadcast(int vector, Memory from) {
    evex(MAP_0F38, PREFIX_66, 0x18, vector, 0, from, Float.BYTES, 0);
  }

  /** {@code sum = x · y + sum}, rounded once. */
  void multiplyAdd(int sum, int x, int y) {
    evexPrefix(MAP_0F38, PREFIX_66, sum, x, bit(y, 3), bit(y, 4), 0);
    bytes(0xB8, registers(sum, y));
  }

  /** The same with one float from memory for all lanes of y. */
  void multiplyAdd(int sum, int x, Memory y) {
    evex(MAP_0F38, PREFIX_66, 0xB8, sum, x, y, Float.BYTES, BROADCAST);
  }

  /** {@code to = x + y}. */
  void add(int to, int x, int y) {
    arithmetic(0x58, to, x, y);
  }

  /** {@code to = x - y}. */
  void subtract(int to, int x, int y) {
    arithmetic(0x5C, to, x, y);
  }

  /** {@code to = x · y}. */
  void multiply(int to, int x, int y) {
    arithmetic(0x59, to, x, y);
  }

  /** The greater one, {@code x} where they are equal, NaN where one is. */
  void maximum(int to, int x, int y) {
    // The instruction takes its last operand where they are equal or one is no number.
    arithmetic(0x5F, to, y, x);
    compare(y, y, Comparison.UNORDERED);
    takeWhereCompared(to, y);
  }

  private void compare(int x, int y, Comparison comparison) {
    arithmetic(0xC2, LANES_THAT_DO, x, y);
    bytes(comparison.code);
  }

  private void takeWhereCompared(int to, int from) {
    evexPrefix(MAP_0F, NO_PREFIX, to, 0, bit(from, 3), bit(from, 4), LANES_THAT_DO);
    bytes(0x28, registers(to, from));
  }

  private void arithmetic(int opcode, int to, int x, int y) {
    evexPrefix(MAP_0F, NO_PREFIX, to, x, bit(y, 3), bit(y, 4), 0);
    bytes(opcode, registers(to, y));
  }

  /** Of each four lanes the first two of x and y in turn. */
  void unpackLow(int to, int x, int y) {
    arithmetic(0x14, to, x, y);
  }

  /** Of each four lanes the last two of x and y in turn. */
  void unpackHigh(int to, int x, int y) {
    arithmetic(0x15, to, x, y);
  }

  /** Of each four lanes two of x and two of y; which ones, two bits for each say. */
  void shuffle(int to, int x, int y, int which) {
    arithmetic(0xC6, to, x, y);
    bytes(which);
  }

  /** Two fours of lanes of x and two of y; which ones, two bits for each say. */
  void shuffleFours(int to, int x, int y, int which) {
    evexPrefix(MAP_0F3A, PREFIX_66, to, x, bit(y, 3), bit(y, 4), 0);
    bytes(0x23, registers(to, y), which);
  }

  /** A mask register's sixteen bits. */
  void mask(int mask, int from) {
    bytes(0xC5, 0xF8, 0x92, registers(mask, from));
  }

  /** One register to another. */
  void copy(int to, int from) {
    arithmetic(0x28, to, 0, from);
  }

  /** The same with sixteen floats from memory. */
  void add(int to, int x, Memory y) {
    evex(MAP_0F, NO_PREFIX, 0x58, to, x, y, VECTOR_BYTES, 0);
  }

  /** Takes a limit where a comparison with it holds, so a NaN stays. */
  void limit(int vector, int limit, Comparison where) {
    compare(vector, limit, where);
    takeWhereCompared(vector, limit);
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
    rex(from, Memory.NONE, to);
    bytes(0x89, registers(from, to));
  }

  void load(int to, Memory from, boolean widen) {
    rex(to, from.index(), from.base());
    bytes(widen ? 0x63 : 0x8B);
    address(to, from, 1);
  }

  /** A number's 32 bits, the rest zero. */
  void number(int to, int bits) {
    if (to > 7) {
      bytes(0x41);
    }
    bytes(0xB8 | (to & 7));
    displacement(bits);
  }

  void add(int to, int from) {
    rex(from, Memory.NONE, to);
    bytes(0x01, registers(from, to));
  }

  /** The address itself. */
  void address(int to, Memory of) {
    rex(to, of.index(), of.base());
    bytes(0x8D);
    address(to, of, 1);
  }

  /** One less; {@link #jumpIfNotZero} tells what is left. */
  void decrement(int register) {
    rex(0, Memory.NONE, register);
    bytes(0xFF, registers(1, register));
  }

  /** The same in memory. */
  void decrement(Memory at) {
    rex(0, at.index(), at.base());
    bytes(0xFF);
    address(1, at, 1);
  }

  /** Compares with a small number, for a {@link #jump} to tell. */
  void compare(int register, int number) {
    rex(0, Memory.NONE, register);
    bytes(0x83, registers(7, register), number);
  }

  void test(int register) {
    rex(register, Memory.NONE, register);
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
    int high = (line.index() > 7 ? 2 : 0) | bit(line.base(), 3);
    if (high != 0) {
      bytes(0x40 | high);
    }
    bytes(0x0F, opcode);
    address(hint, line, 1);
  }

  // Control.

  Label here() {
    return new Label(size());
  }

  void jumpIfNotZero(Label back) {
    jump(Condition.NOT_ZERO, back);
  }

  Jump jumpIfZero() {
    return jump(Condition.ZERO);
  }

  /** Jumps back where a condition holds. */
  void jump(Condition condition, Label back) {
    land(jump(condition), back.at);
  }

  /** Jumps forward where a condition holds. */
  Jump jump(Condition condition) {
    bytes(0x0F, 0x80 | condition.code);
    displacement(0);
    return new Jump(size() - Integer.BYTES);
  }

  /** Jumps back. */
  void jump(Label back) {
    land(jump(), back.at);
  }

  /** Jumps forward. */
  Jump jump() {
    bytes(0xE9);
    displacement(0);
    return new Jump(size() - Integer.BYTES);
  }

  /** Lets a jump end here. */
  void land(Jump jump) {
    land(jump, size());
  }

  private void land(Jump jump, int at) {
    displacementAt(jump.displacementAt, at - (jump.displacementAt + Integer.BYTES));
  }

  /** A turn for each that a register counts, of which nothing is left. */
  void repeat(int count, Runnable turn) {
    test(count);
    Jump behind = jumpIfZero();
    Label again = here();
    turn.run();
    decrement(count);
    jumpIfNotZero(again);
    land(behind);
  }

  void returnFromCall() {
    bytes(0xC3);
  }

  /** Returns the code, which returns from its call here. */
  byte[] end() {
    zeroUpper();
    returnFromCall();
    return code();
  }
}
