package dev.conv4j.cuda;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.MathMode;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Implicit GEMM on the tensor cores: f16, bf16 and bytes as they are, f32 where the math mode
 * allows TF32. Sums are f32, or i32 for bytes.
 */
final class TensorGemmAlgorithm extends CudaAlgorithm {

  private static final int AMPERE = 80;

  /**
   * What a multiprocessor does per clock: operations of a dense product by type, as the vendor's
   * sheets say for sm_80, and the share reached by mma.sync without wgmma. Unmeasured.
   */
  private static final Map<String, Double> RATES =
      Map.of("tf32", 1024.0, "f16", 2048.0, "bf16", 2048.0, "s8", 4096.0);

  private static final double REACHED = 0.6;

  private final boolean splits;
  private final @Nullable String shape;

  private TensorGemmAlgorithm(String id, Kernels kernels, boolean splits, @Nullable String shape) {
    super(id, kernels);
    this.splits = splits;
    this.shape = shape;
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
  private static @Nullable String type(ConvOptions options) {
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
  @Nullable Refusal refusal(ConvProblem problem) {
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
    if (kernels().gpu().capability() < AMPERE && (type.equals("tf32") || type.equals("bf16"))) {
      return new Refusal.Unsupported(
          Aspect.DEVICE, type + " needs compute capability 8.0, this has 7.5");
    }
    Refusal narrow = narrowIndexRefusal(problem);
    if (narrow != null) {
      return narrow;
    }
    List<GemmView> views = GemmView.of(problem);
    Refusal tooMany = GemmPlan.gridRefusal(views);
    if (tooMany != null) {
      return tooMany;
    }
    return splits ? GemmPlan.splitRefusal(problem, views, tiles(problem)) : null;
  }

  private List<GemmTile> tiles(ConvProblem problem) {
    String family = "tensor-gemm-" + type(problem.options());
    return GemmTile.tensor(kernels(), family).stream()
        .filter(tile -> shape == null || tile.shape().equals(shape))
        .toList();
  }

  private GemmPlan plan(ConvProblem problem) {
    return GemmPlan.choose(kernels().gpu(), problem, tiles(problem), splits);
  }

  @Override
  Verdict.Yes price(ConvProblem problem) {
    GemmPlan plan = plan(problem);
    String type = String.valueOf(type(problem.options()));
    double rate = RATES.getOrDefault(type, 0.0) * REACHED * generation(kernels().gpu());
    double traffic = 0.3 * seconds(problem, Double.MAX_VALUE, operandBytes(problem), 0);
    // The tensor cores cut off what they shift out when they align summands, where a sum rounds.
    boolean exact = type.equals("s8");
    return new Verdict.Yes(
        plan.workspaceBytes(),
        plan.seconds(kernels().gpu(), rate) + traffic,
        exact ? 1 : 2,
        true,
        List.of(type + " products on the tensor cores"));
  }

  /** Hopper and Blackwell do twice as much, Turing half. */
  private static double generation(Gpu gpu) {
    return gpu.capability() < AMPERE ? 0.5 : gpu.capability() / 10 == 9 ? 2 : 1;
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return plan(problem).compile(kernels(), problem);
  }
}
