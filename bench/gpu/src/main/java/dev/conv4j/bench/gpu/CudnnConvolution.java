package dev.conv4j.bench.gpu;

import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.DeviceFailureException;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One convolution in cuDNN with the algorithm that is fastest here: of those its heuristics rank
 * first, the one whose measured time is least.
 */
final class CudnnConvolution implements AutoCloseable {

  /** How many of the heuristics' suggestions are tried. */
  private static final int TRIED = 4;

  private static final long MOST_WORKSPACE = 4L << 30;

  private static final int CROSS_CORRELATION = 1;
  private static final int FLOAT = 0;
  private static final int TENSOR_OP_MATH = 1;
  private static final int FMA_MATH = 3;

  /** cudnnConvolution*AlgoPerf_t: algorithm, status, time, memory, determinism, math, reserved. */
  private static final int PERF_BYTES = 48;

  private record Choice(int algorithm, int math, long workspaceBytes) {}

  private final Cudnn cudnn;
  private final Convolution problem;
  private final Direction direction;
  private final Mode mode;
  private final Arena arena = Arena.ofShared();
  private final List<Runnable> destroy = new ArrayList<>();
  private final MemorySegment convolution;
  private final MemorySegment first;
  private final MemorySegment second;
  private final MemorySegment result;
  private Choice choice = new Choice(0, 0, 0);
  private long workspace;

  private CudnnConvolution(Cudnn cudnn, Convolution problem, Direction direction, Mode mode) {
    this.cudnn = cudnn;
    this.problem = problem;
    this.direction = direction;
    this.mode = mode;
    convolution = descriptor("Convolution");
    MemorySegment x = tensor(problem.inputShape());
    MemorySegment y = tensor(problem.outputShape());
    MemorySegment w = filter(problem.filterShape());
    first = direction == Direction.BACKWARD_DATA ? w : x;
    second = direction == Direction.FORWARD ? w : y;
    result =
        switch (direction) {
          case FORWARD -> y;
          case BACKWARD_DATA -> x;
          case BACKWARD_FILTER -> w;
        };
    Axes pad = problem.padBegin();
    cudnn
        .library()
        .call(
            "cudnnSetConvolution2dDescriptor",
            convolution,
            (int) pad.h(),
            (int) pad.w(),
            (int) problem.stride().h(),
            (int) problem.stride().w(),
            (int) problem.dilation().h(),
            (int) problem.dilation().w(),
            CROSS_CORRELATION,
            FLOAT);
    cudnn.library().call("cudnnSetConvolutionGroupCount", convolution, (int) problem.groups());
  }

  /**
   * Describes a convolution to cuDNN and tries its algorithms on the operands.
   *
   * @param operands device addresses: first and second as our plans take them, and the result
   * @return empty when cuDNN cannot describe it, or has no algorithm for it
   */
  static Optional<CudnnConvolution> prepare(
      Cudnn cudnn, Convolution problem, Direction direction, Mode mode, long[] operands) {
    if (!describable(problem)) {
      return Optional.empty();
    }
    CudnnConvolution made = new CudnnConvolution(cudnn, problem, direction, mode);
    try {
      if (made.choose(operands)) {
        return Optional.of(made);
      }
    } catch (RuntimeException | Error failed) {
      made.close();
      throw failed;
    }
    made.close();
    return Optional.empty();
  }

  private static boolean describable(Convolution problem) {
    return problem.inputShape().rank() == 4
        && problem.border() == Border.ZEROS
        && problem.padBegin().equals(problem.padEnd());
  }

  private MemorySegment descriptor(String kind) {
    MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
    cudnn.library().call("cudnnCreate" + kind + "Descriptor", slot);
    MemorySegment made = slot.get(ValueLayout.ADDRESS, 0);
    destroy.add(() -> cudnn.library().status("cudnnDestroy" + kind + "Descriptor", made));
    return made;
  }

  private MemorySegment tensor(Shape shape) {
    MemorySegment made = descriptor("Tensor");
    cudnn
        .library()
        .call(
            "cudnnSetTensor4dDescriptor",
            made,
            format(),
            type(),
            (int) shape.dim(0),
            (int) shape.dim(1),
            (int) shape.dim(2),
            (int) shape.dim(3));
    return made;
  }

  private MemorySegment filter(Shape shape) {
    MemorySegment made = descriptor("Filter");
    cudnn
        .library()
        .call(
            "cudnnSetFilter4dDescriptor",
            made,
            type(),
            format(),
            (int) shape.dim(0),
            (int) shape.dim(1),
            (int) shape.dim(2),
            (int) shape.dim(3));
    return made;
  }

  private int format() {
    return mode.layout() == Layout.NCHW ? 0 : 1;
  }

  private int type() {
    return switch (mode.type()) {
      case F32 -> 0;
      case F64 -> 1;
      case F16 -> 2;
      case BF16 -> 9;
      default -> throw new IllegalArgumentException("no such cuDNN type: " + mode.type());
    };
  }

  private boolean strict() {
    return mode.type() == DType.F32 && mode.math() == MathMode.STRICT;
  }

  private String name() {
    return switch (direction) {
      case FORWARD -> "Forward";
      case BACKWARD_DATA -> "BackwardData";
      case BACKWARD_FILTER -> "BackwardFilter";
    };
  }

  private boolean choose(long[] operands) {
    double best = Double.MAX_VALUE;
    for (Choice candidate : suggestions()) {
      try {
        use(candidate);
        double seconds = time(operands);
        if (seconds < best) {
          best = seconds;
          choice = candidate;
        }
      } catch (DeviceFailureException notThisOne) {
        // Heuristics suggest what then does not run; the next one may.
      }
    }
    if (best < Double.MAX_VALUE) {
      use(choice);
    }
    return best < Double.MAX_VALUE;
  }

  private List<Choice> suggestions() {
    NativeLibrary library = cudnn.library();
    int most = 12;
    MemorySegment returned = arena.allocate(ValueLayout.JAVA_INT);
    MemorySegment perf = arena.allocate((long) PERF_BYTES * most, 8);
    setMath(strict() ? FMA_MATH : mode.type() == DType.F32 ? 0 : TENSOR_OP_MATH);
    int status =
        library.status(
            "cudnnGetConvolution" + name() + "Algorithm_v7",
            cudnn.handle(),
            first,
            second,
            convolution,
            result,
            most,
            returned,
            perf);
    List<Choice> choices = new ArrayList<>();
    for (int i = 0; status == 0 && i < returned.get(ValueLayout.JAVA_INT, 0); i++) {
      MemorySegment entry = perf.asSlice((long) i * PERF_BYTES, PERF_BYTES);
      int math = strict() ? FMA_MATH : entry.get(ValueLayout.JAVA_INT, 28);
      long bytes = entry.get(ValueLayout.JAVA_LONG, 16);
      if (entry.get(ValueLayout.JAVA_INT, 4) == 0
          && bytes <= MOST_WORKSPACE
          && choices.size() < TRIED) {
        choices.add(new Choice(entry.get(ValueLayout.JAVA_INT, 0), math, bytes));
      }
    }
    return choices;
  }

  private void setMath(int math) {
    cudnn.library().call("cudnnSetConvolutionMathType", convolution, math);
  }

  private void use(Choice candidate) {
    setMath(candidate.math);
    MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
    cudnn
        .library()
        .call(
            "cudnnGetConvolution" + name() + "WorkspaceSize",
            cudnn.handle(),
            first,
            second,
            convolution,
            result,
            candidate.algorithm,
            size);
    long bytes = size.get(ValueLayout.JAVA_LONG, 0);
    cudnn.driver().free(workspace);
    workspace = bytes == 0 ? 0 : cudnn.driver().allocate(bytes);
    choice = new Choice(candidate.algorithm, candidate.math, bytes);
  }

  private double time(long[] operands) {
    run(operands);
    cudnn.driver().synchronize();
    double least = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long begin = System.nanoTime();
      run(operands);
      cudnn.driver().synchronize();
      least = Math.min(least, (System.nanoTime() - begin) * 1e-9);
    }
    return least;
  }

  /** Enqueues a run on device addresses: first and second as our plans take them, the result. */
  void run(long[] operands) {
    boolean swapped = direction == Direction.BACKWARD_DATA;
    cudnn.convolve(
        direction,
        first,
        operands[swapped ? 1 : 0],
        second,
        operands[swapped ? 0 : 1],
        convolution,
        choice.algorithm,
        workspace,
        choice.workspaceBytes,
        result,
        operands[2]);
  }

  long workspaceBytes() {
    return choice.workspaceBytes;
  }

  /** Returns the algorithm's number in cuDNN's list for this direction. */
  int algorithm() {
    return choice.algorithm;
  }

  /** Returns whether that is one of the Winograd or FFT kind, which round more. */
  boolean transforms() {
    return switch (direction) {
      case FORWARD -> choice.algorithm >= 4;
      case BACKWARD_DATA -> choice.algorithm >= 2;
      case BACKWARD_FILTER -> choice.algorithm == 2 || choice.algorithm >= 4;
    };
  }

  @Override
  public String toString() {
    return "cuDNN " + name() + " of " + problem;
  }

  @Override
  public void close() {
    cudnn.driver().free(workspace);
    destroy.forEach(Runnable::run);
    arena.close();
  }
}
