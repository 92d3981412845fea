package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Epilogues;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operators;
import java.util.Map;

/** Registers what works element by element. */
public final class ElementwiseOperators {

  private static final Map<String, BinaryFunction> BINARY =
      Map.ofEntries(
          Map.entry("Add", BinaryFunction.ADD),
          Map.entry("Sub", BinaryFunction.SUB),
          Map.entry("Mul", BinaryFunction.MUL),
          Map.entry("Div", BinaryFunction.DIV),
          Map.entry("Pow", BinaryFunction.POW),
          Map.entry("PRelu", BinaryFunction.PRELU),
          Map.entry("Equal", BinaryFunction.EQUAL),
          Map.entry("Less", BinaryFunction.LESS),
          Map.entry("LessOrEqual", BinaryFunction.LESS_OR_EQUAL),
          Map.entry("Greater", BinaryFunction.GREATER),
          Map.entry("GreaterOrEqual", BinaryFunction.GREATER_OR_EQUAL),
          Map.entry("And", BinaryFunction.AND),
          Map.entry("Or", BinaryFunction.OR),
          Map.entry("Xor", BinaryFunction.XOR));

  private ElementwiseOperators() {}

  /** Adds the family. Broadcasting came with opset 7. */
  public static void register(Operators all) {
    BINARY.forEach((op, function) -> all.add(op, 7, node -> new Binary(function)));
    all.add(
        Node.FUSED,
        "Add",
        1,
        Long.MAX_VALUE,
        node -> new Binary(BinaryFunction.ADD, Epilogues.activation(node)));
    all.add(
        "Mod",
        10,
        node ->
            new Binary(
                node.attributes().flag("fmod", false) ? BinaryFunction.FMOD : BinaryFunction.MOD));
    for (String op : UnaryFunctions.NAMES) {
      all.add(op, 6, op.equals("Relu") ? Relu::new : Unary::new);
    }
    all.add("Sum", 8, node -> new Variadic(BinaryFunction.ADD, false));
    all.add("Sum", 6, 8, node -> new Variadic(BinaryFunction.ADD, false));
    all.add("Mean", 8, node -> new Variadic(BinaryFunction.ADD, true));
    all.add("Min", 8, node -> new Variadic(BinaryFunction.MIN, false));
    all.add("Max", 8, node -> new Variadic(BinaryFunction.MAX, false));
    all.add("Clip", 6, 11, Selection::clipByAttributes);
    all.add("Clip", 11, node -> (Kernel.InPlace) Selection::clip);
    all.add("Where", 9, node -> Selection::where);
    all.add("Not", 1, node -> Selection.classify(v -> v == 0));
    all.add("IsNaN", 9, node -> Selection.classify(Double::isNaN));
    all.add("IsInf", 10, Selection::isInf);
  }
}
