package dev.conv4j.onnx.op.reduce;

import dev.conv4j.onnx.op.Operators;
import dev.conv4j.onnx.op.reduce.Reduction.Kind;
import java.util.Map;

/** Registers reductions. */
public final class ReductionOperators {

  private static final Map<String, Kind> KINDS =
      Map.of(
          "ReduceSum", Kind.SUM,
          "ReduceMean", Kind.MEAN,
          "ReduceMax", Kind.MAX,
          "ReduceMin", Kind.MIN,
          "ReduceProd", Kind.PROD,
          "ReduceL1", Kind.L1,
          "ReduceL2", Kind.L2,
          "ReduceSumSquare", Kind.SUM_SQUARE,
          "ReduceLogSum", Kind.LOG_SUM,
          "ReduceLogSumExp", Kind.LOG_SUM_EXP);

  private ReductionOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    KINDS.forEach((op, kind) -> all.add(op, 1, node -> new Reduction(kind, node)));
    all.add("ArgMax", 1, node -> Selecting.extreme(node, true));
    all.add("ArgMin", 1, node -> Selecting.extreme(node, false));
    all.add("TopK", 1, Selecting::topK);
    all.add("CumSum", 11, Selecting::cumulativeSum);
  }
}
