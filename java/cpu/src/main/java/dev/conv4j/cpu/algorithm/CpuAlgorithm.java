package dev.conv4j.cpu.algorithm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What the CPU's algorithms have in common: an id, the context, a cost model, and the order in
 * which a problem is examined: what is refused first, then the price.
 */
public abstract class CpuAlgorithm implements Algorithm<ConvProblem, ConvOperands> {

  private final String id;
  private final CpuContext context;
  private final CostModel costs;

  /**
   * @param id the stable id
   * @param context what the device's algorithms share
   */
  protected CpuAlgorithm(String id, CpuContext context) {
    this.id = id;
    this.context = context;
    this.costs = new CostModel(context.vectorBits(), context.multiplyAdds());
  }

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final Verdict check(ConvProblem problem) {
    Verdict.No no = refuse(problem.convolution(), problem.options());
    return no != null ? no : price(problem);
  }

  /** Returns why this algorithm cannot do it, or null when it can. */
  protected abstract Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options);

  /** Returns scratch and time of a problem that was not refused. */
  protected abstract Verdict.Yes price(ConvProblem problem);

  /** Returns what the device's algorithms share. */
  protected final CpuContext context() {
    return context;
  }

  /** Returns the cost model for this device's vector width. */
  protected final CostModel costs() {
    return costs;
  }

  /**
   * Returns the bytes of the operands and the result: the least a run moves.
   *
   * @param problem the problem
   */
  protected static double operandBytes(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    return (double) c.inputShape().bytes(o.inputType())
        + c.filterShape().bytes(o.filterType())
        + c.outputShape().bytes(o.outputType());
  }

  /** Joins refusals: the first one that is not null. */
  protected static Verdict.@Nullable No first(Verdict.@Nullable No... refusals) {
    for (Verdict.No refusal : refusals) {
      if (refusal != null) {
        return refusal;
      }
    }
    return null;
  }

  /** Refuses results that are a range of a larger tensor's channels. */
  protected static Verdict.@Nullable No requireWhole(ConvOptions options) {
    return require(options.resultRange() == null, Aspect.LAYOUT, "takes only whole results");
  }

  /** Refuses unless a condition holds. */
  protected static Verdict.@Nullable No require(boolean condition, Aspect aspect, String detail) {
    return condition ? null : new Verdict.No(aspect, detail);
  }
}
