package dev.conv4j.cuda;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.MathMode;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Implicit GEMM on the tensor cores: f16, bf16 and bytes as they are, f32 where the math mode
 * allows TF32. Sums are f32, or i32 for bytes.
 */
final class TensorGemmAlgorithm extends GemmAlgorithm {

  private static final int AMPERE = 80;

  private TensorGemmAlgorithm(String id, Kernels kernels, boolean splits, @Nullable String shape) {
    super(id, kernels, splits, shape);
  }

  /** The one without scratch. */
  static TensorGemmAlgorithm whole(Kernels kernels) {
    return new TensorGemmAlgorithm("tensor-gemm", kernels, false, null);
  }

  /** The one that splits sums. */
  static TensorGemmAlgorithm split(Kernels kernels) {
    return new TensorGemmAlgorithm("tensor-gemm-splitk", kernels, true, null);
  }

  /** One tile of the family alone, for tests. */
  static TensorGemmAlgorithm only(Kernels kernels, String shape, boolean splits) {
    String id = "tensor-gemm-" + shape + (splits ? "-splitk" : "");
    return new TensorGemmAlgorithm(id, kernels, splits, shape);
  }

  /** Returns the type of the products, as variants are named, or null for none. */
  static @Nullable String type(ConvOptions options) {
    DType first = firstType(options);
    DType second = secondType(options);
    if (isByte(first) && isByte(second)) {
      return "s8";
    }
    if (first != second) {
      return null;
    }
    return switch (first) {
      case F32 -> options.mathMode() == MathMode.TF32 ? "tf32" : null;
      case F16 -> "f16";
      case BF16 -> "bf16";
      default -> null;
    };
  }

  private static boolean isByte(DType type) {
    return type == DType.I8 || type == DType.U8;
  }

  @Override
  @Nullable Refusal operandRefusal(ConvProblem problem) {
    return operandRefusal(kernels(), problem);
  }

  /** Returns why the tensor cores do not take such operands, or null. */
  static @Nullable Refusal operandRefusal(Kernels kernels, ConvProblem problem) {
    String type = type(problem.options());
    if (type == null) {
      boolean plain = firstType(problem.options()) == DType.F32;
      return plain
          ? new Refusal.Unsupported(Aspect.MATH_MODE, "takes f32 only as TF32")
          : new Refusal.Unsupported(Aspect.DTYPE, "takes two operands of f16, bf16 or bytes");
    }
    if (problem.options().resultType() == DType.F64) {
      return new Refusal.Unsupported(Aspect.DTYPE, "does not write f64");
    }
    if (problem.convolution().border() != Border.ZEROS) {
      return new Refusal.Unsupported(Aspect.BORDER, "takes only zeros");
    }
    boolean old = kernels.gpu().capability() < AMPERE;
    return old && (type.equals("tf32") || type.equals("bf16"))
        ? new Refusal.Unsupported(
            Aspect.DEVICE, type + " needs compute capability 8.0, this has 7.5")
        : null;
  }

  /** A 1x1 filter is a plain product here too. */
  @Override
  ConvProblem viewed(ConvProblem problem) {
    return GemmView.flat(problem);
  }

  @Override
  List<GemmTile> shapes(ConvProblem problem) {
    return shapes(kernels(), problem);
  }

  /** Returns the tiles for the operands' type. */
  static List<GemmTile> shapes(Kernels kernels, ConvProblem problem) {
    return GemmTile.tensor(kernels, "tensor-gemm-" + type(problem.options()));
  }

  @Override
  double rate(ConvProblem problem) {
    return rate(kernels(), problem);
  }

  static double rate(Kernels kernels, ConvProblem problem) {
    return kernels.gpu().generation().tensorRate(firstType(problem.options()).bytes());
  }

  @Override
  double errorFactor(ConvProblem problem) {
    return factor(problem);
  }

  /** The tensor cores cut off what they shift out when they align summands, where a sum rounds. */
  static double factor(ConvProblem problem) {
    return problem.options().inputType().isInteger() ? 1 : 2;
  }

  @Override
  List<String> notes(ConvProblem problem) {
    return List.of(type(problem.options()) + " products on the tensor cores");
  }
}
