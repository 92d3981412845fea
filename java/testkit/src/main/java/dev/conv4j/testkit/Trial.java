package dev.conv4j.testkit;

import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs one compiled algorithm on guarded and poisoned memory and judges what it left. One trial is
 * one validation.
 */
public final class Trial {

  private final Device device;
  private final ConvProblem problem;
  private final Verdict.Yes verdict;
  private final Executable<ConvOperands> executable;
  private final int guard;

  /**
   * @param device where
   * @param problem what was compiled, with its layouts
   * @param verdict what the algorithm promised
   * @param executable what it compiled
   * @param guard bytes of sentinels behind each operand; 0 where a checker outside watches, and
   *     then result and scratch are not poisoned either
   */
  public Trial(
      Device device,
      ConvProblem problem,
      Verdict.Yes verdict,
      Executable<ConvOperands> executable,
      int guard) {
    this.device = device;
    this.problem = problem;
    this.verdict = verdict;
    this.executable = executable;
    this.guard = guard;
  }

  /**
   * What a run left.
   *
   * @param result the result as it lies in memory, or null when the run failed
   * @param failure what was wrong, or null
   */
  public record Outcome(@Nullable MemorySegment result, @Nullable String failure) {}

  /** Returns whether this executable has a packed form of the filter. */
  public boolean packs() {
    return problem.options().direction() != Direction.BACKWARD_FILTER
        && executable.packedFilterBytes() > 0;
  }

  /**
   * Runs once and judges.
   *
   * @param test the operands and the expected result
   * @param packed whether the filter is packed first
   * @param inPlace whether the residual is the result itself
   * @param poison what result and scratch hold at first
   */
  public Outcome run(TestCase test, boolean packed, boolean inPlace, byte poison) {
    if (executable.workspaceBytes(packed) > verdict.workspaceBytes()) {
      return failed(
          "asks for "
              + executable.workspaceBytes(packed)
              + " bytes of scratch and promised at most "
              + verdict.workspaceBytes());
    }
    List<GuardedBlock> opened = new ArrayList<>();
    try {
      return execute(test, packed, inPlace, poison, opened);
    } catch (RuntimeException | AssertionError | LinkageError thrown) {
      return failed("threw " + thrown + Failures.where(thrown));
    } finally {
      opened.forEach(GuardedBlock::close);
    }
  }

  private Outcome execute(
      TestCase test, boolean packed, boolean inPlace, byte poison, List<GuardedBlock> opened) {
    Layout layout = problem.options().layout();
    Layout filterLayout = problem.options().filterLayout();
    boolean filterGradient = problem.options().direction() == Direction.BACKWARD_FILTER;
    Layout resultLayout = filterGradient ? filterLayout : layout;
    GuardedBlock first = operand(opened, "first operand", test.first(layout));
    GuardedBlock second =
        operand(opened, "second operand", test.second(filterGradient ? layout : filterLayout));
    GuardedBlock bias = operandOrNull(opened, "bias", test.bias());
    MemorySegment residualValues = test.residual(resultLayout);
    GuardedBlock residual = inPlace ? null : operandOrNull(opened, "residual", residualValues);
    GuardedBlock result =
        inPlace && residualValues != null
            ? added(opened, GuardedBlock.filled(memory(), residualValues, guard, "result"))
            : added(
                opened,
                GuardedBlock.poisoned(memory(), test.resultBytes(), poison, guard, "result"));
    GuardedBlock filter = packed ? pack(second, poison, opened) : second;
    long scratch = executable.workspaceBytes(packed);
    GuardedBlock workspace =
        scratch == 0
            ? null
            : added(opened, GuardedBlock.poisoned(memory(), scratch, poison, guard, "workspace"));
    executable.run(
        new ConvOperands(
            first.block(),
            filter.block(),
            packed,
            block(bias),
            inPlace ? result.block() : block(residual),
            result.block(),
            block(workspace)));
    device.synchronize();
    MemorySegment values = result.content();
    String failure = test.difference(values, resultLayout, verdict.errorFactor());
    failure = failure != null ? failure : result.guardDamage("result");
    failure = failure != null || !packed ? failure : filter.guardDamage("packed filter");
    if (failure == null && workspace != null) {
      failure = workspace.guardDamage("workspace");
    }
    failure = failure != null ? failure : changed(first, second, bias, residual);
    return new Outcome(values, failure);
  }

  private static @Nullable String changed(
      GuardedBlock first,
      GuardedBlock second,
      @Nullable GuardedBlock bias,
      @Nullable GuardedBlock residual) {
    String change = first.change("first operand");
    change = change != null ? change : second.change("second operand");
    change = change != null || bias == null ? change : bias.change("bias");
    return change != null || residual == null ? change : residual.change("residual");
  }

  private GuardedBlock pack(GuardedBlock filter, byte poison, List<GuardedBlock> opened) {
    GuardedBlock packed =
        added(
            opened,
            GuardedBlock.poisoned(
                memory(), executable.packedFilterBytes(), poison, guard, "packed filter"));
    executable.packFilter(filter.block(), packed.block());
    return packed;
  }

  private GuardedBlock operand(List<GuardedBlock> opened, String name, MemorySegment content) {
    return added(opened, GuardedBlock.operand(memory(), content, guard, name));
  }

  private @Nullable GuardedBlock operandOrNull(
      List<GuardedBlock> opened, String name, @Nullable MemorySegment content) {
    return content == null ? null : operand(opened, name, content);
  }

  private static GuardedBlock added(List<GuardedBlock> opened, GuardedBlock block) {
    opened.add(block);
    return block;
  }

  private static @Nullable Block block(@Nullable GuardedBlock guarded) {
    return guarded == null ? null : guarded.block();
  }

  private MemoryResource memory() {
    return device.memory();
  }

  private static Outcome failed(String why) {
    return new Outcome(null, why);
  }
}
