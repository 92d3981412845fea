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

import dev.conv4j.cpu.code.LineFormula.Operation;
import dev.conv4j.cpu.code.LineFormula.Step;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Emits a loop over lines that a {@link LineFormula} is applied to. Each value gets a register when
 * it is computed and gives it back behind its last use; constants keep theirs for the whole loop
 * where there are enough, and are made anew for each use otherwise.
 *
 * <p>Arguments as in {@link TileCode}: lines, the first line, the bytes between its vectors and
 * between lines, the same three of the target, its last on the stack.
 */
final class LineCode {

  private static final int WORD = Long.BYTES;
  private static final int NONE = -1;

  private final Assembler code = new Assembler();
  private final LineFormula formula;
  private final boolean constantsStay;
  private final int[] lastUse;

  /** Registers of values that are still needed, {@link #NONE} of others. */
  private final int[] registers;

  private final BitSet taken = new BitSet(Assembler.VECTORS);

  private LineCode(LineFormula formula, boolean constantsStay) {
    this.formula = formula;
    this.constantsStay = constantsStay;
    this.lastUse = new int[formula.steps().size()];
    this.registers = new int[lastUse.length];
    Arrays.fill(registers, NONE);
    for (int i = 0; i < lastUse.length; i++) {
      for (int operand : formula.steps().get(i).operands()) {
        lastUse[operand] = i;
      }
    }
  }

  static byte[] lines(LineFormula formula) {
    return new LineCode(formula, constantsFit(formula)).emit();
  }

  /** Returns whether all constants fit beside as many values as there may be. */
  private static boolean constantsFit(LineFormula formula) {
    long constants =
        formula.steps().stream().filter(step -> step.operation() == Operation.CONSTANT).count();
    return constants + 3L * LineFormula.LONGEST <= Assembler.VECTORS;
  }

  private byte[] emit() {
    code.load(RAX, Memory.at(RSP, WORD), false);
    code.push(RBX);
    code.push(RBP);
    code.push(R12);
    code.address(R10, Memory.at(RDX, RDX, 2, 0));
    code.address(RBX, Memory.at(RDX, RDX, 4, 0));
    code.address(R11, Memory.at(R9, R9, 2, 0));
    code.address(RBP, Memory.at(R9, R9, 4, 0));
    if (constantsStay) {
      for (int i = 0; i < lastUse.length; i++) {
        if (isConstant(i)) {
          registers[i] = constant(formula.steps().get(i));
        }
      }
    }
    code.repeat(
        RDI,
        () -> {
          line();
          code.add(RSI, RCX);
          code.add(R8, RAX);
        });
    code.pop(R12);
    code.pop(RBP);
    code.pop(RBX);
    return code.end();
  }

  private boolean isConstant(int step) {
    return formula.steps().get(step).operation() == Operation.CONSTANT;
  }

  private void line() {
    int inputs = 0;
    for (int i = 0; i < lastUse.length; i++) {
      Step step = formula.steps().get(i);
      switch (step.operation()) {
        case INPUT -> {
          int register = free();
          code.load(register, vector(RSI, RDX, R10, RBX, inputs++));
          registers[i] = register;
        }
        case CONSTANT -> {}
        default -> compute(i, step);
      }
      storeResults(i);
    }
  }

  /** Stores a value that is a result as soon as it is there. */
  private void storeResults(int value) {
    List<Integer> results = formula.results();
    if (!results.contains(value)) {
      return;
    }
    int register = operand(value);
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i) == value) {
        code.store(register, vector(R8, R9, R11, RBP, i));
      }
    }
    if (isConstant(value) ? !constantsStay : lastUse[value] <= value) {
      release(value);
    }
  }

  /** A line's vector: multiples of the distance are in registers of their own where need be. */
  private static Memory vector(int base, int step, int threeSteps, int fiveSteps, int index) {
    return switch (index) {
      case 0 -> Memory.at(base, 0);
      case 3 -> Memory.at(base, threeSteps, 1, 0);
      case 5 -> Memory.at(base, fiveSteps, 1, 0);
      default -> Memory.at(base, step, index, 0);
    };
  }

  private void compute(int i, Step step) {
    int x = operand(step.operands().get(0));
    int y = operand(step.operands().get(1));
    int register = free();
    switch (step.operation()) {
      case SUM -> code.add(register, x, y);
      case DIFFERENCE -> code.subtract(register, x, y);
      case PRODUCT -> code.multiply(register, x, y);
      case MAXIMUM -> code.maximum(register, x, y);
      default -> {
        code.copy(register, operand(step.operands().get(2)));
        code.multiplyAdd(register, x, y);
      }
    }
    registers[i] = register;
    step.operands().stream().distinct().filter(value -> isDone(value, i)).forEach(this::release);
  }

  private int operand(int value) {
    if (registers[value] == NONE) {
      registers[value] = constant(formula.steps().get(value));
    }
    return registers[value];
  }

  private boolean isDone(int value, int step) {
    return isConstant(value) ? !constantsStay : lastUse[value] == step;
  }

  private void release(int value) {
    taken.clear(registers[value]);
    registers[value] = NONE;
  }

  private int constant(Step step) {
    int register = free();
    code.number(R12, Float.floatToRawIntBits(step.constant()));
    code.spread(register, R12);
    return register;
  }

  private int free() {
    int register = taken.nextClearBit(0);
    if (register >= Assembler.VECTORS) {
      throw new IllegalArgumentException("no registers for " + formula.steps().size() + " steps");
    }
    taken.set(register);
    return register;
  }
}
