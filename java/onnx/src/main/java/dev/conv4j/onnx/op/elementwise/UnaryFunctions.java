package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The functions of one argument, in double precision, and in integers where that differs. */
final class UnaryFunctions {

  /** The operators these are. */
  static final Set<String> NAMES =
      Set.of(
          "Relu",
          "Sigmoid",
          "Tanh",
          "HardSwish",
          "Exp",
          "Log",
          "Sqrt",
          "Abs",
          "Neg",
          "Ceil",
          "Floor",
          "Round",
          "Reciprocal",
          "Sign",
          "Erf",
          "Softplus",
          "Softsign",
          "Mish",
          "Sin",
          "Cos",
          "Tan",
          "Asin",
          "Acos",
          "Atan",
          "Sinh",
          "Cosh",
          "Elu",
          "Celu",
          "Selu",
          "LeakyRelu",
          "ThresholdedRelu",
          "HardSigmoid",
          "Swish",
          "Gelu",
          "Shrink");

  private UnaryFunctions() {}

  /** A switch and not a map: making all these functions takes as long as reading a model. */
  static DoubleUnaryOperator real(Node node) {
    return switch (node.op()) {
      case "Relu" -> v -> Math.max(v, 0);
      case "Sigmoid" -> Activation.SIGMOID::apply;
      case "Tanh" -> Math::tanh;
      case "HardSwish" -> Activation.HARD_SWISH::apply;
      case "Exp" -> Math::exp;
      case "Log" -> Math::log;
      case "Sqrt" -> Math::sqrt;
      case "Abs" -> Math::abs;
      case "Neg" -> v -> -v;
      case "Ceil" -> Math::ceil;
      case "Floor" -> Math::floor;
      case "Round" -> Math::rint;
      case "Reciprocal" -> v -> 1 / v;
      case "Sign" -> Math::signum;
      case "Erf" -> UnaryFunctions::erf;
      case "Softplus" -> UnaryFunctions::softplus;
      case "Softsign" -> v -> v / (1 + Math.abs(v));
      case "Mish" -> v -> v * Math.tanh(softplus(v));
      case "Sin" -> Math::sin;
      case "Cos" -> Math::cos;
      case "Tan" -> Math::tan;
      case "Asin" -> Math::asin;
      case "Acos" -> Math::acos;
      case "Atan" -> Math::atan;
      case "Sinh" -> Math::sinh;
      case "Cosh" -> Math::cosh;
      default -> parametric(node.op(), node.attributes());
    };
  }

  private static DoubleUnaryOperator parametric(String op, Attributes a) {
    return switch (op) {
      case "Elu" -> elu(a.real("alpha", 1));
      case "Celu" -> celu(a.real("alpha", 1));
      case "Selu" -> selu(a.real("alpha", 1.6732632f), a.real("gamma", 1.050701f));
      case "LeakyRelu" -> leakyRelu(a.real("alpha", 0.01f));
      case "ThresholdedRelu" -> thresholded(a.real("alpha", 1));
      case "HardSigmoid" -> hardSigmoid(a.real("alpha", 0.2f), a.real("beta", 0.5f));
      case "Swish" -> swish(a.real("alpha", 1));
      case "Gelu" -> gelu(a.text("approximate", "none"));
      case "Shrink" -> shrink(a.real("bias", 0), a.real("lambd", 0.5f));
      default -> throw new AssertionError(op);
    };
  }

  /** Returns the function on integers, or null when the real one serves. */
  static @Nullable LongUnaryOperator integer(Node node) {
    return switch (node.op()) {
      case "Relu" -> v -> Math.max(v, 0);
      case "Abs" -> Math::abs;
      case "Neg" -> v -> -v;
      case "Sign" -> Long::signum;
      case "Ceil", "Floor", "Round" -> v -> v;
      default -> null;
    };
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
