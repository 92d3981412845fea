package dev.conv4j.cli.check;

import dev.conv4j.Conv4jException;
import dev.conv4j.ConvPlan;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.PackedFilter;
import dev.conv4j.PlanExplanation.Candidate;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs one algorithm on the operands of a case and holds the result to the oracle. */
public final class AlgorithmCheck {

  private AlgorithmCheck() {}

  /** Returns the device's algorithms for a case: those that take it and those that do not. */
  public static List<Candidate> candidates(Engine engine, Case one) {
    return engine.plan(one.problem(), one.options()).explain().candidates();
  }

  /**
   * Runs an algorithm with the filter as it is and, where there is one, packed.
   *
   * @param engine the device
   * @param operands what to run on, perhaps several kinds of data for one case
   * @param candidate the algorithm
   */
  public static Verdict run(Engine engine, List<Operands> operands, Candidate candidate) {
    if (candidate.predictedSeconds().isEmpty()) {
      return Verdict.skipped(
          candidate.refusal() == null ? "not taken" : candidate.refusal().sentence());
    }
    Case one = operands.getFirst().testCase();
    try {
      ConvPlan plan =
          engine.plan(
              one.problem(), one.options().toBuilder().algorithm(candidate.algorithm()).build());
      Verdict verdict = Verdict.passed(0);
      for (Operands data : operands) {
        verdict = verdict.and(run(engine, plan, data, candidate.errorFactor()));
      }
      return verdict;
    } catch (UnsupportedProblemException refused) {
      return Verdict.skipped(String.valueOf(refused.getMessage()));
    } catch (Conv4jException failed) {
      return Verdict.failed(String.valueOf(failed.getMessage()), Double.NaN);
    }
  }

  private static Verdict run(Engine engine, ConvPlan plan, Operands data, double factor) {
    try (Tensor first = tensor(engine, data.first());
        Tensor second = tensor(engine, data.second());
        Tensor bias = data.bias() == null ? null : tensor(engine, data.bias());
        Tensor residual = data.residual() == null ? null : tensor(engine, data.residual());
        Tensor result = plan.newResult()) {
      poison(result);
      plan.run(first, second, bias, residual, result);
      Verdict verdict = data.check(result.toDoubleArray(), factor);
      if (plan.options().direction() != Direction.BACKWARD_FILTER) {
        verdict = verdict.and(packed(plan, data, factor, first, second, bias, residual, result));
      }
      return verdict;
    }
  }

  private static Verdict packed(
      ConvPlan plan,
      Operands data,
      double factor,
      Tensor first,
      Tensor filter,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor result) {
    try (PackedFilter packed = plan.pack(filter)) {
      poison(result);
      plan.run(first, packed, bias, residual, result);
      return data.check(result.toDoubleArray(), factor);
    }
  }

  private static Tensor tensor(Engine engine, Operands.Operand operand) {
    Tensor tensor = engine.tensor(operand.shape(), operand.type(), operand.layout());
    return tensor.copyFrom(MemorySegment.ofArray(operand.values()), DType.F64);
  }

  private static void poison(Tensor result) {
    Shape shape = result.shape();
    double[] values = new double[Math.toIntExact(shape.elements())];
    Arrays.fill(values, SampledCheck.poison(result.type()));
    result.copyFrom(MemorySegment.ofArray(values), DType.F64);
  }
}
