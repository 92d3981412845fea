package dev.conv4j.cpu.operator;

import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * One kernel of an operator family.
 *
 * @param id the algorithm's id
 * @param takes which problems it solves
 * @param limit says what it takes, for a refusal
 * @param maker makes it ready
 * @param context threads
 * @param <P> the problem
 */
record CpuOperator<P extends OperatorProblem>(
    String id,
    Predicate<P> takes,
    String limit,
    BiFunction<P, CpuContext, Work> maker,
    CpuContext context)
    implements Algorithm<P, OperatorOperands> {

  /** One run. */
  @FunctionalInterface
  interface Work {
    /** Does it; finished on return. */
    void run(OperatorOperands operands);
  }

  @Override
  public Verdict check(P problem) {
    return takes.test(problem)
        ? new Verdict.Yes(0, problem.resultElements() * 1e-9)
        : new Verdict.No(Aspect.SHAPE, limit);
  }

  @Override
  public Executable<OperatorOperands> compile(P problem) {
    return new Ready(maker.apply(problem, context));
  }

  private record Ready(Work work) implements Executable<OperatorOperands> {
    @Override
    public long workspaceBytes(boolean filterPacked) {
      return 0;
    }

    @Override
    public void run(OperatorOperands operands) {
      work.run(operands);
    }
  }
}
