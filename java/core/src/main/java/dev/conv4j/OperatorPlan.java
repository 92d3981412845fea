package dev.conv4j;

import dev.conv4j.internal.EngineCore;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelRejectedException;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operator beside convolution made ready on a device that has a kernel for it, so that a network
 * need not leave the device between convolutions. Owned by its engine, nothing to close, shared
 * freely between threads. A run enqueues, as that of a {@link ConvPlan}.
 */
public final class OperatorPlan {

  private static final System.Logger LOG = System.getLogger("dev.conv4j");

  private final EngineCore core;
  private final OperatorProblem problem;
  private final String algorithm;
  private final Executable<OperatorOperands> executable;
  private final long[] inputBytes;
  private final long resultBytes;

  private OperatorPlan(
      EngineCore core,
      OperatorProblem problem,
      String algorithm,
      Executable<OperatorOperands> executable) {
    this.core = core;
    this.problem = problem;
    this.algorithm = algorithm;
    this.executable = executable;
    this.inputBytes = problem.inputElements().stream().mapToLong(n -> n * Float.BYTES).toArray();
    this.resultBytes = problem.resultElements() * Float.BYTES;
  }

  /**
   * Plans an operator, or returns the plan made for the same problem before.
   *
   * @return empty when the engine's device has no kernel for it: the caller computes it on the host
   * @throws ClosedException if the engine is closed
   */
  public static Optional<OperatorPlan> on(Engine engine, OperatorProblem problem) {
    EngineCore core = engine.core();
    core.begin();
    try {
      return core.operators()
          .get(problem, key -> Optional.ofNullable(plan(core, key.family(), key)));
    } finally {
      core.end();
    }
  }

  @SuppressWarnings("unchecked") // A problem's family is that of its own class.
  private static <P extends OperatorProblem> @Nullable OperatorPlan plan(
      EngineCore core, ProblemFamily<P, OperatorOperands> family, OperatorProblem problem) {
    Device device = core.device();
    for (Algorithm<P, OperatorOperands> algorithm : device.algorithms(family)) {
      if (algorithm.check((P) problem) instanceof Verdict.Yes) {
        try {
          return new OperatorPlan(core, problem, algorithm.id(), algorithm.compile((P) problem));
        } catch (KernelRejectedException rejected) {
          LOG.log(System.Logger.Level.DEBUG, "the next one or the host serves", rejected);
        }
      }
    }
    return null;
  }

  /** Returns the problem. */
  public OperatorProblem problem() {
    return problem;
  }

  /** Returns the id of the algorithm that runs. */
  public String algorithm() {
    return algorithm;
  }

  /**
   * Runs.
   *
   * @param inputs f32 tensors of the plan's engine with at least the elements the problem says; the
   *     problem's extents count, not the tensors' dimensions
   * @param result likewise
   * @throws InvalidArgumentException naming the operand that does not fit
   * @throws ClosedException if an operand or the engine is closed
   */
  public void run(List<Tensor> inputs, Tensor result) {
    if (inputs.size() != inputBytes.length) {
      throw new InvalidArgumentException(
          "inputs", inputs.size() + " tensors", inputBytes.length + " for " + problem);
    }
    for (int i = 0; i < inputBytes.length; i++) {
      check("input " + i, inputs.get(i), inputBytes[i]);
    }
    check("result", result, resultBytes);
    core.begin();
    int retained = 0;
    try {
      result.retain();
      List<Block> blocks = new ArrayList<>(inputBytes.length);
      try {
        for (Tensor input : inputs) {
          input.retain();
          retained++;
          blocks.add(input.storage().block());
        }
        executable.run(new OperatorOperands(blocks, result.storage().block()));
      } finally {
        while (retained > 0) {
          inputs.get(--retained).storage().release();
        }
        result.storage().release();
        Reference.reachabilityFence(inputs);
        Reference.reachabilityFence(result);
      }
    } finally {
      core.end();
    }
  }

  private void check(String name, Tensor tensor, long bytes) {
    if (tensor.core() != core) {
      throw new InvalidArgumentException(
          name,
          tensor + " of another engine (" + tensor.device() + ")",
          "a tensor of the plan's engine");
    }
    if (tensor.type().bytes() != Float.BYTES || tensor.bytes() < bytes) {
      throw new InvalidArgumentException(
          name, tensor.toString(), "at least " + bytes + " bytes of four-byte elements");
    }
  }
}
