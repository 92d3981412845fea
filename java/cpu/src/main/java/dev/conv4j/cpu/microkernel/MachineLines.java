package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.code.MachineCode.address;

import dev.conv4j.cpu.code.LineFormula;
import dev.conv4j.cpu.code.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A {@link LineFormula} in machine code. Lines are checked before the call and no more within it,
 * so source and target must be the library's own, which nobody frees meanwhile.
 */
public final class MachineLines implements LineKernel {

  /** The most lines of a call, which the garbage collector waits for. */
  private static final int LINES = 1024;

  private final MachineCode code;
  private final int inputs;
  private final int results;

  private MachineLines(LineFormula formula, MachineCode code) {
    this.code = code;
    this.inputs = formula.inputs();
    this.results = formula.results().size();
  }

  /**
   * Returns a formula in machine code, or nothing where there is none. It stays until the process
   * ends, so each should be asked for once.
   */
  public static Optional<LineKernel> of(LineFormula formula) {
    return MachineCode.lines(formula).map(code -> new MachineLines(formula, code));
  }

  @Override
  public void run(
      MemorySegment source,
      long at,
      long step,
      long next,
      MemorySegment target,
      long to,
      long toStep,
      long toNext,
      int count) {
    for (int done = 0; done < count; done += LINES) {
      int lines = Math.min(count - done, LINES);
      long from = lines(source, at + done * next, step, inputs, next, lines);
      long into = lines(target, to + done * toNext, toStep, results, toNext, lines);
      code.call(lines, from, step, next, into, toStep, toNext, 0, 0);
    }
  }

  private static long lines(
      MemorySegment memory, long at, long step, int vectors, long next, int count) {
    long line = (vectors - 1) * step + MachineCode.VECTOR_BYTES;
    return address(memory, at, count, next, line);
  }
}
