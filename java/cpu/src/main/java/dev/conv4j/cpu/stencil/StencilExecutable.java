package dev.conv4j.cpu.stencil;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;

/** Cuts planes into work items: some rows of a range of columns, for all filters of a channel. */
final class StencilExecutable implements Executable<ConvOperands> {

  private static final long ALIGNMENT = 64;

  /** Products in a work item: some tens of microseconds. */
  private static final long GRAIN = 1 << 20;

  /** Rows of the input that a pair of outputs reads stay in the second-level cache. */
  private static final long NEAR_BYTES = 128 << 10;

  private static final long FEWEST_COLUMNS = 512;

  /** Rows of an item for each row of taps: what two items both read is a part of that. */
  private static final long HALO = 4;

  private final Convolution c;
  private final boolean flipped;
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;
  private final RowKernel kernel;
  private final Moves moves = Kernels.best().moves();
  private final PaddedRows padded;
  private final int columns;
  private final long rows;
  private final long ranges;
  private final long bands;
  private final long filterBytes;
  private final long sumsPitch;

  StencilExecutable(ConvProblem problem, Workers workers, int participants) {
    this.c = problem.convolution();
    this.flipped = problem.options().flipped();
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.workers = workers;
    this.participants = participants;
    this.kernel = RowKernel.of(c);
    long height = c.filter().h();
    long near = Math.max(FEWEST_COLUMNS, NEAR_BYTES / Float.BYTES / (height + 1));
    long wanted = Math.ceilDiv(c.output().w(), near);
    this.columns = roundUp(Math.ceilDiv(c.output().w(), wanted), Lanes.COUNT);
    this.ranges = Math.ceilDiv(c.output().w(), columns);
    long products = c.filtersPerGroup() * c.filter().product() * columns;
    long grain = Math.max(GRAIN / products, HALO * height);
    this.rows = participants == 1 ? c.output().h() : Math.clamp(grain, 1, c.output().h());
    this.bands = Math.ceilDiv(c.output().h(), rows);
    this.padded = new PaddedRows(c, columns, moves);
    this.filterBytes = flipped ? aligned(c.filter().product() * Float.BYTES) : 0;
    this.sumsPitch = (long) columns * Float.BYTES;
  }

  private static int roundUp(long count, int block) {
    return Math.toIntExact(Math.ceilDiv(count, block) * block);
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** A filter turned round, two rows of sums, a spare one, rows of the input. */
  private long slotBytes() {
    return filterBytes + 3 * sumsPitch + padded.bytes();
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return participants * slotBytes();
  }

  @Override
  public Map<String, String> facts() {
    return Map.of(
        "item", rows + "x" + columns + " outputs", "kernel", kernel.getClass().getSimpleName());
  }

  @Override
  public void run(ConvOperands operands) {
    Block workspace = Objects.requireNonNull(operands.workspace());
    Run run =
        new Run(
            CpuBlock.segment(operands.first()),
            CpuBlock.segment(operands.second()),
            CpuBlock.segment(workspace),
            epilogue.bind(operands));
    workers.run(c.batch() * c.channels() * bands * ranges, participants, run::item);
  }

  /** The memory of one run. */
  private final class Run {

    private final MemorySegment x;
    private final MemorySegment w;
    private final MemorySegment scratch;
    private final TileEpilogue.Bound bound;

    Run(MemorySegment x, MemorySegment w, MemorySegment scratch, TileEpilogue.Bound bound) {
      this.x = x;
      this.w = w;
      this.scratch = scratch;
      this.bound = bound;
    }

    /** Goes down the rows of an item, two at a time. */
    void item(int slot, long item) {
      long q = item % ranges * columns;
      long first = item / ranges % bands * rows;
      long plane = item / (ranges * bands);
      long end = Math.min(first + rows, c.output().h());
      int used = (int) Math.min(columns, c.output().w() - q);
      long at = slot * slotBytes();
      long ringAt = at + filterBytes + 3 * sumsPitch;
      long taps = c.filter().h();
      long[] rowsAt = new long[padded.count()];
      for (long p = first; p < first + taps - 1; p++) {
        padded.fill(x, plane, p, q, used, scratch, ringAt);
      }
      for (long p = first; p < end; p += 2) {
        boolean two = p + 1 < end;
        padded.fill(x, plane, p + taps - 1, q, used, scratch, ringAt);
        if (two) {
          padded.fill(x, plane, p + taps, q, used, scratch, ringAt);
        }
        for (int r = 0; r < rowsAt.length; r++) {
          rowsAt[r] = padded.rowAt(p + r, ringAt);
        }
        int whole = used / Lanes.COUNT * Lanes.COUNT;
        compute(rowsAt, plane, p, two, q, whole, at);
        for (int r = 0; r < rowsAt.length; r++) {
          rowsAt[r] += (long) whole * Float.BYTES;
        }
        compute(rowsAt, plane, p, two, q + whole, used - whole, at);
      }
    }

    /** Computes some columns of one or two rows for all filters, and finishes them. */
    private void compute(
        long[] rowsAt, long plane, long p, boolean two, long q, int used, long at) {
      if (used == 0) {
        return;
      }
      int vectors = Math.ceilDiv(used, Lanes.COUNT);
      long filters = c.filtersPerGroup();
      long channel = plane % c.channels();
      long taps = c.filter().product();
      boolean apart = epilogue.readsResult() || kernel.readsSums() || used < vectors * Lanes.COUNT;
      long sumsAt = at + filterBytes;
      long resultPitch = c.output().w() * Float.BYTES;
      MemorySegment y = apart ? scratch : bound.result();
      long pitch = apart ? sumsPitch : resultPitch;
      for (long k = channel * filters; k < (channel + 1) * filters; k++) {
        long image = plane / c.channels() * c.filters() + k;
        long resultAt = ((image * c.output().h() + p) * c.output().w() + q) * Float.BYTES;
        long yAt = apart ? sumsAt : resultAt;
        kernel.run(
            scratch,
            rowsAt,
            flipped ? turned(k * taps, at) : w,
            flipped ? at : k * taps * Float.BYTES,
            y,
            yAt,
            two ? yAt + pitch : -1,
            vectors,
            scratch,
            sumsAt + 2 * sumsPitch);
        bound.byRow(y, yAt, pitch, resultAt, resultPitch, two ? 2 : 1, used, k, 0);
      }
    }

    private MemorySegment turned(long first, long at) {
      int taps = (int) c.filter().product();
      for (int i = 0; i < taps; i++) {
        float tap = w.get(JAVA_FLOAT_UNALIGNED, (first + taps - 1 - i) * Float.BYTES);
        scratch.set(JAVA_FLOAT_UNALIGNED, at + (long) i * Float.BYTES, tap);
      }
      return scratch;
    }
  }
}
