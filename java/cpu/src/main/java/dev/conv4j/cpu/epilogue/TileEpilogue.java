package dev.conv4j.cpu.epilogue;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.Epilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The f32 epilogue of a problem, applied to tiles of sums while they are hot in cache: {@code
 * result = activation(sums + bias + residual)}.
 *
 * <p>The sums may lie in scratch or in the result itself; they must lie in scratch where {@link
 * #readsResult()}, because the residual may be the result, and a sum written there would destroy
 * it.
 */
public final class TileEpilogue {

  /** Added, it changes nothing, not even the sign of a zero. */
  static final float NO_BIAS = -0.0f;

  private final Epilogue epilogue;
  private final RowKernels kernels = RowKernels.best();

  /** Whether the activation is one of the limits below, which sums pass as they are stored. */
  private final boolean clips;

  private final float low;
  private final float high;

  /** Whether a sum that is finished otherwise may still change. */
  private final boolean changes;

  /**
   * @param epilogue what is fused
   */
  public TileEpilogue(Epilogue epilogue) {
    this.epilogue = epilogue;
    Activation last = epilogue.activation();
    boolean clip = last.kind() == Activation.Kind.CLIP;
    boolean relu = last.kind() == Activation.Kind.RELU;
    this.clips = clip || relu || last.kind() == Activation.Kind.NONE;
    this.low = clip ? last.alpha() : relu ? 0 : Float.NEGATIVE_INFINITY;
    this.high = clip ? last.beta() : Float.POSITIVE_INFINITY;
    this.changes = clip || relu;
  }

  /** Returns whether sums written to the result are final. */
  public boolean isNone() {
    return epilogue.isNone();
  }

  /**
   * Returns whether rows of so many neighbouring channels are finished by few instructions, so that
   * doing it tile by tile costs little.
   */
  public boolean finishesStrips(int columns) {
    return epilogue.bias() && clips && columns == kernels.strip();
  }

  /** Returns whether sums must be kept apart from the result until the epilogue has run. */
  public boolean readsResult() {
    return epilogue.residual();
  }

  /** Returns the epilogue over the memory of one run. */
  public Bound bind(ConvOperands operands) {
    return new Bound(
        segment(operands.bias()),
        segment(operands.residual()),
        CpuBlock.resultSegment(operands.result()),
        isOwn(operands.bias()) && isOwn(operands.residual()) && isOwn(operands.result()));
  }

  private static boolean isOwn(@Nullable Block block) {
    return block == null || CpuBlock.isOwn(block);
  }

  private static @Nullable MemorySegment segment(@Nullable Block block) {
    return block == null ? null : CpuBlock.segment(block);
  }

  /** The epilogue of one run. Thread-safe. */
  public final class Bound {

    private final @Nullable MemorySegment bias;
    private final @Nullable MemorySegment residual;
    private final MemorySegment result;

    /** Whether all of it is the library's, and stays for the run. */
    private final boolean own;

    private Bound(
        @Nullable MemorySegment bias,
        @Nullable MemorySegment residual,
        MemorySegment result,
        boolean own) {
      this.bias = bias;
      this.residual = residual;
      this.result = result;
      this.own = own;
    }

    /**
     * Returns the same bias and activation over other memory, for a result that is scattered
     * afterwards.
     *
     * @param otherResidual what is added, or null when nothing is
     * @param otherResult where the finished values go
     */
    public Bound over(@Nullable MemorySegment otherResidual, MemorySegment otherResult) {
      return new Bound(bias, otherResidual, otherResult, false);
    }

    /** Returns whether all its memory is the library's, which nobody frees during the run. */
    public boolean isOwn() {
      return own;
    }

    /** Returns the memory of the residual, or null. */
    public @Nullable MemorySegment residual() {
      return residual;
    }

    /** Returns the memory of the result. */
    public MemorySegment result() {
      return result;
    }

    /**
     * Finishes a tile whose rows each belong to one channel, as in NCHW.
     *
     * @param sums the tile
     * @param sumsAt byte position of its first element
     * @param sumsStride bytes between its rows
     * @param resultAt byte position of the first element in the result, and in the residual
     * @param resultStride bytes between rows there
     * @param rows rows of the tile
     * @param columns elements in a row, contiguous
     * @param channel the first row's channel
     * @param channelStep what the next row's channel is more: 1 when rows are channels, 0 when they
     *     are the image rows of one channel
     */
    public void byRow(
        MemorySegment sums,
        long sumsAt,
        long sumsStride,
        long resultAt,
        long resultStride,
        int rows,
        int columns,
        long channel,
        int channelStep) {
      for (int row = 0; row < rows; row++) {
        long from = sumsAt + row * sumsStride;
        long to = resultAt + row * resultStride;
        float b =
            bias == null
                ? NO_BIAS
                : bias.get(
                    JAVA_FLOAT_UNALIGNED, (channel + (long) row * channelStep) * Float.BYTES);
        if (residual != null) {
          kernels.add(sums, from, b, residual, to, result, to, columns, low, high);
        } else if (changes || bias != null || !isInPlace(sums, from, to)) {
          kernels.add(sums, from, b, result, to, columns, low, high);
        }
      }
      if (!clips) {
        activate(resultAt, resultStride, rows, columns);
      }
    }

    /**
     * Finishes a tile of rows of one channel that lie in the result without gaps, as whole image
     * rows of NCHW do.
     *
     * @param sums scratch with the tile, from which a vector can be read behind the last row
     * @param sumsAt byte position of its first element
     * @param sumsStride bytes between its rows
     * @param resultAt byte position of the first element in the result, and in the residual
     * @param rows rows of the tile
     * @param columns elements in a row, contiguous
     * @param channel the channel
     */
    public void dense(
        MemorySegment sums,
        long sumsAt,
        long sumsStride,
        long resultAt,
        int rows,
        int columns,
        long channel) {
      long stride = (long) columns * Float.BYTES;
      if (residual != null) {
        byRow(sums, sumsAt, sumsStride, resultAt, stride, rows, columns, channel, 0);
        return;
      }
      float b = bias == null ? NO_BIAS : bias.get(JAVA_FLOAT_UNALIGNED, channel * Float.BYTES);
      kernels.addDense(sums, sumsAt, sumsStride, b, result, resultAt, rows, columns, low, high);
      if (!clips) {
        activate(resultAt, stride, rows, columns);
      }
    }

    /**
     * Finishes a tile whose columns are neighbouring channels, as in NHWC.
     *
     * @param sums the tile
     * @param sumsAt byte position of its first element
     * @param sumsStride bytes between its rows
     * @param resultAt byte position of the first element in the result, and in the residual
     * @param resultStride bytes between rows there
     * @param rows rows of the tile
     * @param columns elements in a row, contiguous
     * @param channel the first column's channel
     */
    public void byColumn(
        MemorySegment sums,
        long sumsAt,
        long sumsStride,
        long resultAt,
        long resultStride,
        int rows,
        int columns,
        long channel) {
      long biasAt = channel * Float.BYTES;
      boolean nothing = bias == null && residual == null && epilogue.isNone();
      if (nothing && sumsStride == resultStride && isInPlace(sums, sumsAt, resultAt)) {
        return;
      }
      int done =
          kernels.finishColumns(
              own,
              sums,
              sumsAt,
              sumsStride,
              bias,
              biasAt,
              residual,
              result,
              resultAt,
              resultStride,
              rows,
              columns,
              low,
              high);
      long skip = (long) done * Float.BYTES;
      if (done < columns) {
        for (int row = 0; row < rows; row++) {
          long from = sumsAt + row * sumsStride + skip;
          restOfRow(
              sums, from, biasAt + skip, resultAt + row * resultStride + skip, columns - done);
        }
      }
      if (!clips) {
        activate(resultAt, resultStride, rows, columns);
      } else if (done < columns) {
        activate(resultAt + skip, resultStride, rows, columns - done);
      }
    }

    private void restOfRow(MemorySegment sums, long from, long biasAt, long to, int columns) {
      if (bias == null) {
        if (residual != null) {
          kernels.add(sums, from, NO_BIAS, residual, to, result, to, columns, low, high);
        } else if (!isInPlace(sums, from, to)) {
          kernels.add(sums, from, NO_BIAS, result, to, columns, low, high);
        }
      } else if (residual != null) {
        kernels.addColumns(sums, from, bias, biasAt, residual, to, result, to, columns);
      } else {
        kernels.addColumns(sums, from, bias, biasAt, result, to, columns);
      }
    }

    private boolean isInPlace(MemorySegment sums, long from, long to) {
      return sums.address() + from == result.address() + to;
    }

    /** Short rows that follow one another are one long row, with fewer rests. */
    private void activate(long at, long stride, int rows, int columns) {
      if (epilogue.activation().kind() == Activation.Kind.NONE) {
        return;
      }
      boolean dense = stride == (long) columns * Float.BYTES;
      int runs = dense ? 1 : rows;
      int length = dense ? rows * columns : columns;
      for (int run = 0; run < runs; run++) {
        kernels.activate(epilogue.activation(), result, at + run * stride, length);
      }
    }
  }
}
