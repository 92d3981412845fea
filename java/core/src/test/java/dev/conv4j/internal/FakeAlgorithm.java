package dev.conv4j.internal;

import dev.conv4j.Refusal;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** An algorithm that answers as it is told and computes nothing. */
final class FakeAlgorithm implements Algorithm<ConvProblem, ConvOperands> {

  private final String id;
  private final boolean reference;
  private final Function<ConvProblem, Verdict> verdict;
  final List<ConvProblem> compiled = new ArrayList<>();
  List<Long> rankingBatches = List.of(1L);

  FakeAlgorithm(String id, boolean reference, Function<ConvProblem, Verdict> verdict) {
    this.id = id;
    this.reference = reference;
    this.verdict = verdict;
  }

  static FakeAlgorithm fast(String id, long workspace, double seconds) {
    return new FakeAlgorithm(id, false, p -> new Verdict.Yes(workspace, seconds));
  }

  static FakeAlgorithm answering(String id, Verdict verdict) {
    return new FakeAlgorithm(id, false, p -> verdict);
  }

  static FakeAlgorithm refusing(String id, Refusal.Aspect aspect) {
    return answering(id, new Verdict.No(aspect, "only other ones"));
  }

  static FakeAlgorithm reference() {
    return new FakeAlgorithm("reference", true, p -> new Verdict.Yes(0, 1e-9));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public List<Long> rankingBatches() {
    return rankingBatches;
  }

  @Override
  public boolean isReference() {
    return reference;
  }

  @Override
  public Verdict check(ConvProblem problem) {
    return verdict.apply(problem);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    compiled.add(problem);
    long workspace = verdict.apply(problem) instanceof Verdict.Yes yes ? yes.workspaceBytes() : -1;
    return new Executable<>() {
      @Override
      public long workspaceBytes(boolean filterPacked) {
        return workspace;
      }

      @Override
      public void run(ConvOperands operands) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Map<String, String> facts() {
        return Map.of("tile", id + " 12x2v");
      }
    };
  }
}
