package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.OperatorPlan;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every operator a device has a kernel for agrees with the oracle on every problem of the corpus,
 * and writes nothing else. A backend's test class says which device it is and which families it is
 * to have.
 */
public abstract class OperatorConformance {

  private static final int SENTINELS = 33;
  private static final float SENTINEL = -77777;

  /** For a backend's test class. */
  protected OperatorConformance() {}

  /** Returns the device's id. */
  protected abstract String device();

  /** Returns the families of which at least one problem must have a kernel. */
  protected Set<ProblemFamily<?, ?>> families() {
    return Set.of(
        PointwiseProblem.FAMILY,
        PoolingProblem.FAMILY,
        ProductProblem.FAMILY,
        LocalResponseProblem.FAMILY,
        SoftmaxProblem.FAMILY,
        StridedCopyProblem.FAMILY);
  }

  @Test
  void pointwiseFunctionsAgree() {
    verify(PointwiseProblem.FAMILY, OperatorProblems.pointwise());
  }

  @Test
  void poolingAgrees() {
    verify(PoolingProblem.FAMILY, OperatorProblems.pooling());
  }

  @Test
  void poolingAgreesWithChannelsLast() {
    verify(OperatorProblems.poolingChannelsLast());
  }

  /** NaN and infinities reach the results of the windows they lie in, and no others. */
  @Test
  void poolingKeepsWhatIsNoNumber() {
    try (Engine engine = Engine.open(device())) {
      for (PoolingProblem problem : OperatorProblems.pooling()) {
        OperatorPlan.on(engine, problem).ifPresent(plan -> check(engine, plan, oddInputs(problem)));
      }
      for (PoolingProblem problem : OperatorProblems.poolingChannelsLast()) {
        OperatorPlan.on(engine, problem).ifPresent(plan -> check(engine, plan, oddInputs(problem)));
      }
    }
  }

  @Test
  void productsAgree() {
    verify(ProductProblem.FAMILY, OperatorProblems.products());
  }

  @Test
  void localResponsesAgree() {
    verify(LocalResponseProblem.FAMILY, OperatorProblems.localResponses());
  }

  @Test
  void softmaxesAgree() {
    verify(SoftmaxProblem.FAMILY, OperatorProblems.softmaxes());
  }

  @Test
  void stridedCopiesAgree() {
    verify(StridedCopyProblem.FAMILY, OperatorProblems.copies());
  }

  private void verify(ProblemFamily<?, ?> family, List<? extends OperatorProblem> problems) {
    int solved = verify(problems);
    assertEquals(families().contains(family), solved > 0, solved + " problems of family " + family);
  }

  private int verify(List<? extends OperatorProblem> problems) {
    int solved = 0;
    try (Engine engine = Engine.open(device())) {
      for (OperatorProblem problem : problems) {
        Optional<OperatorPlan> plan = OperatorPlan.on(engine, problem);
        if (plan.isPresent()) {
          solved++;
          check(engine, plan.get(), inputs(problem));
        }
      }
    }
    return solved;
  }

  private static float[][] inputs(OperatorProblem problem) {
    Random random = new Random(problem.hashCode());
    float[][] inputs = new float[problem.inputElements().size()][];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = new float[problem.inputElements().get(i).intValue()];
      for (int k = 0; k < inputs[i].length; k++) {
        inputs[i][k] = 4 * random.nextFloat() - 2;
      }
    }
    return inputs;
  }

  private static float[][] oddInputs(OperatorProblem problem) {
    float[][] inputs = inputs(problem);
    float[] odd = {
      Float.NaN,
      Float.intBitsToFloat(0xffc00000),
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      0f,
      -0f
    };
    Random random = new Random(problem.hashCode());
    for (float[] input : inputs) {
      for (int k = random.nextInt(4); k < input.length; k += 1 + random.nextInt(40)) {
        input[k] = odd[random.nextInt(odd.length)];
      }
    }
    return inputs;
  }

  private static void check(Engine engine, OperatorPlan plan, float[]... inputs) {
    OperatorProblem problem = plan.problem();
    float[] results = run(engine, plan, inputs);
    OperatorOracle oracle = OperatorOracle.solve(problem, inputs);
    for (int i = 0; i < results.length; i++) {
      boolean written = oracle.written.get(i);
      double expected = written ? oracle.values[i] : SENTINEL;
      double bound = written ? oracle.bounds[i] : 0;
      double got = results[i];
      int at = i;
      assertTrue(
          got == expected
              || (Double.isNaN(got) && Double.isNaN(expected))
              || Math.abs(got - expected) <= bound,
          () ->
              plan.algorithm()
                  + " on "
                  + problem
                  + ": element "
                  + at
                  + " is "
                  + got
                  + ", expected "
                  + expected
                  + " within "
                  + bound);
    }
  }

  private static float[] run(Engine engine, OperatorPlan plan, float[]... inputs) {
    int length = (int) plan.problem().resultElements() + SENTINELS;
    float[] empty = new float[length];
    Arrays.fill(empty, SENTINEL);
    List<Tensor> tensors = new ArrayList<>();
    try (Tensor result = engine.tensor(Shape.of(length), DType.F32).copyFrom(empty)) {
      for (float[] input : inputs) {
        tensors.add(engine.tensor(Shape.of(input.length), input));
      }
      plan.run(tensors, result);
      return result.toFloatArray();
    } finally {
      tensors.forEach(Tensor::close);
    }
  }
}
