package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The functions of one argument, in double precision, and in integers where that differs. */
final class UnaryFunctions {

  private static final Map<String, DoubleUnaryOperator> PLAIN =
      Map.ofEntries(
          Map.entry("Relu", v -> Math.max(v, 0)),
          Map.entry("Sigmoid", Activation.SIGMOID::apply),
          Map.entry("Tanh", Math::tanh),
          Map.entry("HardSwish", Activation.HARD_SWISH::apply),
          Map.entry("Exp", Math::exp),
          Map.entry("Log", Math::log),
          Map.entry("Sqrt", Math::sqrt),
          Map.entry("Abs", Math::abs),
          Map.entry("Neg", v -> -v),
          Map.entry("Ceil", Math::ceil),
          Map.entry("Floor", Math::floor),
          Map.entry("Round", Math::rint),
          Map.entry("Reciprocal", v -> 1 / v),
          Map.entry("Sign", Math::signum),
          Map.entry("Erf", UnaryFunctions::erf),
          Map.entry("Softplus", UnaryFunctions::softplus),
          Map.entry("Softsign", v -> v / (1 + Math.abs(v))),
          Map.entry("Mish", v -> v * Math.tanh(softplus(v))),
          Map.entry("Sin", Math::sin),
          Map.entry("Cos", Math::cos),
          Map.entry("Tan", Math::tan),
          Map.entry("Asin", Math::asin),
          Map.entry("Acos", Math::acos),
          Map.entry("Atan", Math::atan),
          Map.entry("Sinh", Math::sinh),
          Map.entry("Cosh", Math::cosh));

  private static final Map<String, Function<Attributes, DoubleUnaryOperator>> PARAMETRIC =
      Map.ofEntries(
          Map.entry("Elu", a -> elu(a.real("alpha", 1))),
          Map.entry("Celu", a -> celu(a.real("alpha", 1))),
          Map.entry("Selu", a -> selu(a.real("alpha", 1.6732632f), a.real("gamma", 1.050701f))),
          Map.entry("LeakyRelu", a -> leakyRelu(a.real("alpha", 0.01f))),
          Map.entry("ThresholdedRelu", a -> thresholded(a.real("alpha", 1))),
          Map.entry("HardSigmoid", a -> hardSigmoid(a.real("alpha", 0.2f), a.real("beta", 0.5f))),
          Map.entry("Swish", a -> swish(a.real("alpha", 1))),
          Map.entry("Gelu", a -> gelu(a.text("approximate", "none"))),
          Map.entry("Shrink", a -> shrink(a.real("bias", 0), a.real("lambd", 0.5f))));

  private static final Map<String, LongUnaryOperator> INTEGER =
      Map.of(
          "Relu", v -> Math.max(v, 0),
          "Abs", Math::abs,
          "Neg", v -> -v,
          "Sign", Long::signum,
          "Ceil", v -> v,
          "Floor", v -> v,
          "Round", v -> v);

  private UnaryFunctions() {}

  static java.util.Set<String> plainNames() {
    return PLAIN.keySet();
  }

  static java.util.Set<String> parametricNames() {
    return PARAMETRIC.keySet();
  }

  static DoubleUnaryOperator real(Node node) {
    DoubleUnaryOperator plain = PLAIN.get(node.op());
    if (plain != null) {
      return plain;
    }
    Function<Attributes, DoubleUnaryOperator> parametric = PARAMETRIC.get(node.op());
    if (parametric == null) {
      throw new AssertionError(node.op());
    }
    return parametric.apply(node.attributes());
  }

  /** Returns the function on integers, or null when the real one serves. */
  static @Nullable LongUnaryOperator integer(Node node) {
    return INTEGER.get(node.op());
  }

  /** From the exact GELU, {@code v/2·(1 + erf(v/√2))}, which the engine defines. */
  private static double erf(double x) {
    double v = x * Math.sqrt(2);
    return Math.abs(x) < 1e-9 ? x * 2 / Math.sqrt(Math.PI) : 2 * Activation.GELU.apply(v) / v - 1;
  }

  private static double softplus(double v) {
    return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
  }

  private static DoubleUnaryOperator elu(double alpha) {
    return v -> v < 0 ? alpha * Math.expm1(v) : v;
  }

  private static DoubleUnaryOperator celu(double alpha) {
    return v -> Math.max(v, 0) + Math.min(0, alpha * Math.expm1(v / alpha));
  }

  private static DoubleUnaryOperator selu(double alpha, double gamma) {
    return v -> gamma * (v > 0 ? v : alpha * Math.expm1(v));
  }

  private static DoubleUnaryOperator leakyRelu(double alpha) {
    return v -> v < 0 ? alpha * v : v;
  }

  private static DoubleUnaryOperator thresholded(double alpha) {
    return v -> v > alpha ? v : 0;
  }

  private static DoubleUnaryOperator hardSigmoid(double alpha, double beta) {
    return v -> Math.max(0, Math.min(1, alpha * v + beta));
  }

  private static DoubleUnaryOperator swish(double alpha) {
    return v -> v / (1 + Math.exp(-alpha * v));
  }

  private static DoubleUnaryOperator gelu(String approximate) {
    return switch (approximate) {
      case "none" -> Activation.GELU::apply;
      case "tanh" ->
          v -> v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
      default ->
          throw new InvalidArgumentException(
              "attribute approximate", "'" + approximate + "'", "none or tanh");
    };
  }

  private static DoubleUnaryOperator shrink(double bias, double lambda) {
    return v -> v < -lambda ? v + bias : v > lambda ? v - bias : 0;
  }
}
