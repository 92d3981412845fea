package dev.conv4j.spi.kernels;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The parameter block of an operator's kernel, in OpenCL and CUDA alike: six offsets, as in {@link
 * KernelParams}, then 8-byte fields, then 4-byte ones.
 */
public final class OperatorParams {

  /** Axes that a kernel's lists have. */
  public static final int AXES = 8;

  /** What {@link #fits} asks for, for a refusal. */
  public static final String LIMIT = "takes only " + AXES + " axes, and pools only planes apart";

  private static final int MOST = 1024;

  private final ByteBuffer out =
      ByteBuffer.allocate(MOST)
          .order(ByteOrder.nativeOrder())
          .position(KernelParams.OFFSETS * Long.BYTES);

  private OperatorParams() {}

  /** Returns whether the block can say where a problem's elements lie. */
  public static boolean fits(OperatorProblem problem) {
    return switch (problem) {
      case PointwiseProblem p -> p.extents().size() <= AXES;
      case StridedCopyProblem p -> p.extents().size() <= AXES;
      case PoolingProblem p -> p.planesApart();
      default -> true;
    };
  }

  /** Returns how many elements of the result a problem's kernel writes. */
  public static long written(OperatorProblem problem) {
    return problem instanceof StridedCopyProblem copy
        ? copy.extents().stream().reduce(1L, (a, b) -> a * b)
        : problem.resultElements();
  }

  /** Returns a problem's block in native order, offsets 0. */
  public static byte[] bytes(OperatorProblem problem) {
    OperatorParams params = new OperatorParams();
    switch (problem) {
      case PointwiseProblem p -> params.put(p);
      case PoolingProblem p -> params.put(p);
      case ProductProblem p -> params.put(p);
      case LocalResponseProblem p -> params.put(p);
      case SoftmaxProblem p -> params.put(p);
      case StridedCopyProblem p -> params.put(p);
    }
    return params.written();
  }

  /** Returns a conversion's block, likewise: elements, the result's two inner extents, strides. */
  public static byte[] bytes(ConversionProblem problem) {
    OperatorParams params = new OperatorParams();
    long[] extents = problem.extents();
    params.numbers(problem.shape().elements(), extents[1], extents[2]).numbers(problem.strides());
    return params.written();
  }

  private byte[] written() {
    return Arrays.copyOf(out.array(), out.position());
  }

  private void put(PointwiseProblem p) {
    numbers(p.resultElements()).list(p.extents(), 1);
    for (int i = 0; i < 3; i++) {
      list(i < p.strides().size() ? p.strides().get(i) : List.of(), 0);
    }
    Activation last = p.activation();
    integers(code(p.function())).kind(last).reals(last.alpha(), last.beta());
  }

  private void put(PoolingProblem p) {
    numbers(p.resultElements())
        .axes(p.input())
        .axes(p.window())
        .axes(p.stride())
        .axes(p.dilation())
        .axes(p.begin())
        .axes(p.end())
        .axes(p.output())
        .integers(code(p.kind()), 0);
  }

  private void put(ProductProblem p) {
    Activation last = p.activation();
    numbers(p.stack(), p.m(), p.n(), p.k(), p.stepA(), p.stepB())
        .numbers(p.transposedA() ? 1 : p.k(), p.transposedA() ? p.m() : 1)
        .numbers(p.transposedB() ? 1 : p.n(), p.transposedB() ? p.k() : 1)
        .integers(p.bias() ? 1 : 0)
        .kind(last)
        .reals(p.alpha(), last.alpha(), last.beta(), 0);
  }

  private void put(LocalResponseProblem p) {
    numbers(p.resultElements(), p.channels(), p.plane(), p.size())
        .reals(p.alpha() / p.size(), p.beta(), p.bias(), 0);
  }

  private void put(SoftmaxProblem p) {
    numbers(p.length(), p.inner()).integers(p.logarithm() ? 1 : 0, 0);
  }

  private void put(StridedCopyProblem p) {
    numbers(written(p), p.from(), p.to())
        .list(p.extents(), 1)
        .list(p.fromStrides(), 0)
        .list(p.toStrides(), 0)
        .integers(p.extents().size(), 0);
  }

  private OperatorParams numbers(long... values) {
    for (long value : values) {
      out.putLong(value);
    }
    return this;
  }

  private OperatorParams axes(Axes values) {
    return numbers(values.d(), values.h(), values.w());
  }

  private OperatorParams list(List<Long> values, long unused) {
    for (int i = 0; i < AXES; i++) {
      out.putLong(i < values.size() ? values.get(i) : unused);
    }
    return this;
  }

  private OperatorParams integers(int... values) {
    for (int value : values) {
      out.putInt(value);
    }
    return this;
  }

  private OperatorParams reals(float... values) {
    for (float value : values) {
      out.putFloat(value);
    }
    return this;
  }

  private OperatorParams kind(Activation activation) {
    return integers(KernelParams.code(activation.kind()));
  }

  /** The numbers in operator_pointwise.cl and its twin. */
  private static int code(PointwiseProblem.Function function) {
    return switch (function) {
      case COPY -> 0;
      case ADD -> 1;
      case SUBTRACT -> 2;
      case MULTIPLY -> 3;
      case DIVIDE -> 4;
      case MAXIMUM -> 5;
      case MINIMUM -> 6;
      case MULTIPLY_ADD -> 7;
    };
  }

  /** The numbers in operator_pooling.cl and its twin. */
  private static int code(PoolingProblem.Kind kind) {
    return switch (kind) {
      case MAX -> 0;
      case AVERAGE -> 1;
      case AVERAGE_WITH_PADDING -> 2;
    };
  }
}
