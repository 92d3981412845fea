package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.onnx.ElementType;

/** The functions of two arguments, on reals and on integers of 64 bits that wrap around. */
enum BinaryFunction {
  ADD,
  SUB,
  MUL,
  DIV,
  POW,
  MIN,
  MAX,
  /** The remainder with the divisor's sign. */
  MOD,
  /** The remainder with the dividend's sign, as C's fmod. */
  FMOD,
  PRELU,
  EQUAL,
  LESS,
  LESS_OR_EQUAL,
  GREATER,
  GREATER_OR_EQUAL,
  AND,
  OR,
  XOR;

  /** Returns whether the result is a truth value. */
  boolean compares() {
    return switch (this) {
      case EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, AND, OR, XOR -> true;
      default -> false;
    };
  }

  /** Returns whether the operands may have different types; the result has the first one's. */
  boolean mixesTypes() {
    return this == POW;
  }

  ElementType result(ElementType first) {
    return compares() ? ElementType.BOOL : first;
  }

  double real(double a, double b) {
    return switch (this) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case POW -> Math.pow(a, b);
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
      case MOD -> a - b * Math.floor(a / b);
      case FMOD -> a % b;
      case PRELU -> a < 0 ? a * b : a;
      case EQUAL -> truth(a == b);
      case LESS -> truth(a < b);
      case LESS_OR_EQUAL -> truth(a <= b);
      case GREATER -> truth(a > b);
      case GREATER_OR_EQUAL -> truth(a >= b);
      case AND -> truth(a != 0 && b != 0);
      case OR -> truth(a != 0 || b != 0);
      case XOR -> truth((a != 0) != (b != 0));
    };
  }

  /**
   * Computes on integers. A division by 0 gives 0, where C's behaviour is undefined.
   *
   * @param unsigned whether the numbers are unsigned and use all 64 bits
   */
  long integer(long a, long b, boolean unsigned) {
    int order = unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
    return switch (this) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> b == 0 ? 0 : unsigned ? Long.divideUnsigned(a, b) : a / b;
      case POW -> power(a, b);
      case MIN -> order <= 0 ? a : b;
      case MAX -> order >= 0 ? a : b;
      case MOD -> b == 0 ? 0 : unsigned ? Long.remainderUnsigned(a, b) : Math.floorMod(a, b);
      case FMOD -> b == 0 ? 0 : unsigned ? Long.remainderUnsigned(a, b) : a % b;
      case PRELU -> !unsigned && a < 0 ? a * b : a;
      case EQUAL -> bit(a == b);
      case LESS -> bit(order < 0);
      case LESS_OR_EQUAL -> bit(order <= 0);
      case GREATER -> bit(order > 0);
      case GREATER_OR_EQUAL -> bit(order >= 0);
      case AND -> bit(a != 0 && b != 0);
      case OR -> bit(a != 0 || b != 0);
      case XOR -> bit((a != 0) != (b != 0));
    };
  }

  private static double truth(boolean value) {
    return value ? 1 : 0;
  }

  private static long bit(boolean value) {
    return value ? 1 : 0;
  }

  /** By squaring; a negative exponent leaves nothing of an integer but ±1. */
  private static long power(long base, long exponent) {
    if (exponent < 0) {
      return base == 1 ? 1 : base == -1 ? ((exponent & 1) == 0 ? 1 : -1) : 0;
    }
    long result = 1;
    long square = base;
    for (long rest = exponent; rest > 0; rest >>= 1) {
      if ((rest & 1) != 0) {
        result *= square;
      }
      square *= square;
    }
    return result;
  }
}
