package dev.conv4j.testkit;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A plain algorithm in the opposite form of the oracle: it walks the products in the order of the
 * input and scatters each into the result, with the extent and border formulas of the API. As the
 * reference it sums in double precision on the Java heap; as the "fast" one it sums f32 in a
 * workspace, takes a packed filter, and can have a fault planted.
 */
final class ScatterAlgorithm implements Algorithm<ConvProblem, ConvOperands> {

  private final boolean reference;
  private final Fault fault;
  private final AtomicInteger runs = new AtomicInteger();

  ScatterAlgorithm(boolean reference, Fault fault) {
    this.reference = reference;
    this.fault = fault;
  }

  @Override
  public String id() {
    return reference ? "scatter-reference" : "scatter";
  }

  @Override
  public boolean isReference() {
    return reference;
  }

  @Override
  public Verdict check(ConvProblem problem) {
    if (reference) {
      return new Verdict.Yes(0, 1);
    }
    if (problem.options().inputType() == DType.F64) {
      return new Verdict.No(Refusal.Aspect.DTYPE, "sums in f32");
    }
    long bytes = 8 * problem.resultShape().elements();
    return new Verdict.Yes(fault == Fault.UNDERSTATES_SCRATCH ? bytes - 8 : bytes, 1e-3);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return new Run(problem);
  }

  private final class Run implements Executable<ConvOperands> {
    private final ConvProblem problem;
    private final Convolution c;
    private final ConvOptions o;

    Run(ConvProblem problem) {
      this.problem = problem;
      this.c = problem.convolution();
      this.o = problem.options();
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      return reference ? 0 : 8 * problem.resultShape().elements();
    }

    @Override
    public long packedFilterBytes() {
      return reference || o.direction() == Direction.BACKWARD_FILTER
          ? 0
          : c.filterShape().bytes(o.filterType());
    }

    /** Packed means backwards here. */
    @Override
    public void packFilter(Block filter, Block packed) {
      MemorySegment from = HostMemory.of(filter);
      MemorySegment to = HostMemory.of(packed);
      long count = c.filterShape().elements();
      long skipped = fault == Fault.PACKS_ONE_SHORT ? c.taps() : 0;
      for (long i = 0; i < count - skipped; i++) {
        o.filterType().store(to, count - 1 - i, o.filterType().load(from, i));
      }
    }

    @Override
    public void run(ConvOperands operands) {
      if (fault == Fault.THROWS && c.input().w() % 2 == 1) {
        throw new IllegalStateException("planted");
      }
      long results = problem.resultShape().elements();
      MemorySegment sums =
          operands.workspace() == null
              ? MemorySegment.ofArray(new double[(int) results])
              : HostMemory.of(operands.workspace());
      if (fault != Fault.UNINITIALISED_SCRATCH) {
        sums.asSlice(0, 8 * results).fill((byte) 0);
      }
      if (fault == Fault.WRITES_BEYOND_THE_WORKSPACE) {
        sums.set(ValueLayout.JAVA_BYTE, 8 * results, (byte) 1);
      }
      scatter(operands, sums);
      finish(operands, sums);
    }

    private void scatter(ConvOperands operands, MemorySegment sums) {
      long n = c.batch();
      boolean backwards =
          (fault == Fault.BATCH_DEPENDENT_ORDER && n > 1)
              || (fault == Fault.CHANGES_FROM_RUN_TO_RUN && runs.incrementAndGet() % 2 == 0);
      long taps = c.taps();
      for (long i = 0; i < n * c.filters(); i++) {
        for (long t = 0; t < taps; t++) {
          long[] tap = split(backwards ? taps - 1 - t : t, c.channelsPerGroup(), c.filter());
          row(operands, sums, i / c.filters(), i % c.filters(), tap);
        }
      }
    }

    private long[] split(long index, long channels, dev.conv4j.Axes axes) {
      long w = index % axes.w();
      long h = index / axes.w() % axes.h();
      long d = index / axes.w() / axes.h() % axes.d();
      return new long[] {index / axes.product() % channels, d, h, w};
    }

    private void row(ConvOperands operands, MemorySegment sums, long n, long k, long[] tap) {
      long group = k / c.filtersPerGroup();
      long channel = group * c.channelsPerGroup() + tap[0];
      long wElement =
          element(
              c.filterShape(),
              k,
              fault == Fault.WRONG_GROUP && c.groups() > 1
                  ? (tap[0] + 1) % c.channelsPerGroup()
                  : tap[0],
              o.flipped() && fault != Fault.FLIPS_ONE_AXIS ? c.filter().d() - 1 - tap[1] : tap[1],
              o.flipped() && fault != Fault.FLIPS_ONE_AXIS ? c.filter().h() - 1 - tap[2] : tap[2],
              o.flipped() ? c.filter().w() - 1 - tap[3] : tap[3]);
      var out = c.output();
      long columns = out.w() - (fault == Fault.TAIL_ONE_SHORT && out.w() > 4 ? 1 : 0);
      for (long od = 0; od < out.d(); od++) {
        for (long oh = 0; oh < out.h(); oh++) {
          for (long ow = 0; ow < columns; ow++) {
            long[] in = {position(0, od, tap[1]), position(1, oh, tap[2]), position(2, ow, tap[3])};
            boolean outside = in[0] < 0 || in[1] < 0 || in[2] < 0;
            if (!outside) {
              long x = element(c.inputShape(), n, channel, in[0], in[1], in[2]);
              long y = element(c.outputShape(), n, k, od, oh, ow);
              add(operands, sums, x, wElement, y, k);
            } else if (fault == Fault.PADS_WITH_ZERO && o.direction() == Direction.FORWARD) {
              long y = element(c.outputShape(), n, k, od, oh, ow);
              double w = w(operands, wElement) - o.quantization().filterZero(k);
              accumulate(sums, y, -o.quantization().inputZero() * w);
            }
          }
        }
      }
    }

    private long position(int axis, long output, long tap) {
      long dilation = fault == Fault.IGNORES_DILATION ? 1 : c.dilation().get(axis);
      long stride = c.stride().get(axis == 2 && fault == Fault.STRIDE_OF_THE_OTHER_AXIS ? 1 : axis);
      long at = output * stride + tap * dilation - c.padBegin().get(axis);
      if (fault == Fault.WRONG_PADDING && axis == 2 && c.padBegin().w() > 0) {
        at++;
      }
      if (fault == Fault.BORDER_NOT_FOLDED
          && o.direction() == Direction.BACKWARD_DATA
          && at >= c.input().get(axis)) {
        return -1;
      }
      at = c.border().resolve(at, c.input().get(axis));
      return at >= c.input().get(axis) ? -1 : at;
    }

    private long element(Shape shape, long a, long b, long d, long h, long w) {
      long[] dims = shape.dims();
      int rank = dims.length - 2;
      long space = w;
      space += rank > 1 ? h * dims[dims.length - 1] : 0;
      space += rank > 2 ? d * dims[dims.length - 1] * dims[dims.length - 2] : 0;
      return (a * dims[1] + b) * (shape.elements() / dims[0] / dims[1]) + space;
    }

    private void add(ConvOperands operands, MemorySegment sums, long x, long w, long y, long k) {
      switch (o.direction()) {
        case FORWARD ->
            accumulate(
                sums,
                y,
                product(
                    read(operands.first(), c.inputShape(), o.inputType(), o.layout(), x)
                        - o.quantization().inputZero(),
                    w(operands, w) - o.quantization().filterZero(k)));
        case BACKWARD_DATA ->
            accumulate(
                sums,
                x,
                product(
                    read(operands.first(), c.outputShape(), o.outputType(), o.layout(), y),
                    w(operands, w)));
        case BACKWARD_FILTER ->
            accumulate(
                sums,
                w,
                product(
                    read(operands.first(), c.inputShape(), o.inputType(), o.layout(), x),
                    read(operands.second(), c.outputShape(), o.outputType(), o.layout(), y)));
      }
    }

    private double product(double a, double b) {
      return fault == Fault.LOW_PRECISION
          ? DType.bf16ToFloat(DType.floatToBf16((float) (a * b)))
          : a * b;
    }

    private void accumulate(MemorySegment sums, long element, double product) {
      double now = sums.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * element);
      double next = now + product;
      boolean single = !reference && !o.inputType().isInteger();
      sums.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * element, single ? (float) next : next);
    }

    private double w(ConvOperands operands, long element) {
      long at = place(c.filterShape(), o.filterLayout(), element);
      if (operands.secondPacked()) {
        at = c.filterShape().elements() - 1 - at;
      }
      return o.filterType().load(HostMemory.of(operands.second()), at);
    }

    private double read(Block block, Shape shape, DType type, Layout layout, long element) {
      return type.load(HostMemory.of(block), place(shape, layout, element));
    }

    private long place(Shape shape, Layout layout, long element) {
      long[] strides = shape.strides(layout);
      long at = 0;
      long rest = element;
      for (int i = shape.rank() - 1; i >= 0; i--) {
        at += rest % shape.dim(i) * strides[i];
        rest /= shape.dim(i);
      }
      return at;
    }

    private void finish(ConvOperands operands, MemorySegment sums) {
      Shape shape = problem.resultShape();
      Layout layout = o.direction() == Direction.BACKWARD_FILTER ? o.filterLayout() : o.layout();
      MemorySegment result = HostMemory.of(operands.result());
      long space = shape.elements() / shape.dim(0) / shape.dim(1);
      for (long i = 0; i < shape.elements(); i++) {
        long channel = i / space % shape.dim(1);
        long at = place(shape, layout, i);
        double v = sums.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i);
        if (operands.bias() != null && fault != Fault.FORGETS_BIAS) {
          long which = fault == Fault.BIAS_OF_CHANNEL_ZERO ? 0 : channel;
          v += o.biasType().load(HostMemory.of(operands.bias()), which);
        }
        if (fault == Fault.ACTIVATION_BEFORE_RESIDUAL) {
          v = o.epilogue().activation().apply(v);
        }
        if (operands.residual() != null) {
          v += o.resultType().load(HostMemory.of(operands.residual()), at);
        }
        v = o.epilogue().activation().apply(v);
        if (!o.quantization().multipliers().isEmpty()) {
          v *= o.quantization().multiplier(channel);
          v = fault == Fault.ROUNDS_TIES_UP ? Math.floor(v + 0.5) : Math.rint(v);
          v += o.quantization().outputZero();
        }
        o.resultType().store(result, at, v);
      }
      if (fault == Fault.WRITES_BEYOND_THE_RESULT) {
        o.resultType().store(result, shape.elements(), 1);
      }
      if (fault == Fault.CHANGES_AN_OPERAND) {
        HostMemory.of(operands.first()).set(ValueLayout.JAVA_BYTE, 0, (byte) 0x11);
      }
    }
  }
}
