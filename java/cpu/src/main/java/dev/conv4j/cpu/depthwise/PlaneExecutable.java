package dev.conv4j.cpu.depthwise;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;

/**
 * Depthwise in NCHW. A work item is a tile of some channels of one image: input copied and padded
 * once for all filters of a channel, sums in scratch, epilogue on the way to the result.
 */
final class PlaneExecutable implements Executable<ConvOperands> {

  /** Products in a work item: some microseconds. */
  private static final long GRAIN = 200_000;

  private final Convolution c;
  private final Axes output;
  private final PlaneTiling tiling;
  private final PlaneLoader loader;
  private final long[] offsets;
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;
  private final long channels;
  private final long channelBlocks;
  private final long tilesHigh;
  private final long tilesWide;

  PlaneExecutable(ConvProblem problem, Workers workers, int participants) {
    this.c = problem.convolution();
    this.output = c.output();
    this.tiling = PlaneTiling.of(c);
    this.loader = new PlaneLoader(tiling, Axis.of(c, 1), Axis.of(c, 2));
    this.offsets = tiling.offsets(c, problem.options().flipped());
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.workers = workers;
    this.participants = participants;
    long products = c.filtersPerGroup() * tiling.rows() * tiling.pitch() * offsets.length;
    this.channels = Math.clamp(GRAIN / products, 1, c.channels());
    this.channelBlocks = Math.ceilDiv(c.channels(), channels);
    this.tilesHigh = Math.ceilDiv(output.h(), tiling.rows());
    this.tilesWide = Math.ceilDiv(output.w(), tiling.columns());
  }

  private long slotBytes() {
    return Math.ceilDiv(tiling.bytes(), 64) * 64;
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return participants * slotBytes();
  }

  @Override
  public Map<String, String> facts() {
    return Map.of(
        "tile",
        tiling.rows() + "x" + tiling.columns() + " outputs of one channel",
        "channels per item",
        Long.toString(channels),
        "kernel",
        "flat8v");
  }

  @Override
  public void run(ConvOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.first());
    MemorySegment w = CpuBlock.segment(operands.second());
    MemorySegment scratch = CpuBlock.segment(Objects.requireNonNull(operands.workspace()));
    TileEpilogue.Bound bound = epilogue.bind(operands);
    workers.run(
        c.batch() * channelBlocks * tilesHigh * tilesWide,
        participants,
        (slot, item) -> item(x, w, scratch, slot * slotBytes(), bound, item));
  }

  private void item(
      MemorySegment x,
      MemorySegment w,
      MemorySegment scratch,
      long scratchAt,
      TileEpilogue.Bound bound,
      long item) {
    long wide = item % tilesWide;
    long high = item / tilesWide % tilesHigh;
    long block = item / tilesWide / tilesHigh % channelBlocks;
    long n = item / tilesWide / tilesHigh / channelBlocks;
    long p = high * tiling.rows();
    long q = wide * tiling.columns();
    int rows = (int) Math.min(tiling.rows(), output.h() - p);
    int columns = (int) Math.min(tiling.columns(), output.w() - q);
    long last = Math.min(c.channels(), (block + 1) * channels);
    long plane = c.input().h() * c.input().w() * Float.BYTES;
    for (long channel = block * channels; channel < last; channel++) {
      loader.load(x, (n * c.channels() + channel) * plane, p, q, scratch, scratchAt);
      for (long j = 0; j < c.filtersPerGroup(); j++) {
        long k = channel * c.filtersPerGroup() + j;
        sums(scratch, scratchAt, w, k * offsets.length * Float.BYTES, rows, columns);
        finish(bound, scratch, scratchAt + tiling.sumsAt(), n, k, p, q, rows, columns);
      }
    }
  }

  private void finish(
      TileEpilogue.Bound bound,
      MemorySegment scratch,
      long sumsAt,
      long n,
      long k,
      long p,
      long q,
      int rows,
      int columns) {
    long pitch = (long) tiling.pitch() * Float.BYTES;
    long to = (((n * c.filters() + k) * output.h() + p) * output.w() + q) * Float.BYTES;
    if (tilesWide == 1) {
      bound.dense(scratch, sumsAt, pitch, to, rows, columns, k);
    } else {
      bound.byRow(scratch, sumsAt, pitch, to, output.w() * Float.BYTES, rows, columns, k, 0);
    }
  }

  /** Computes the sums of a tile, the input being in scratch. */
  private void sums(
      MemorySegment scratch, long inputAt, MemorySegment w, long wAt, int rows, int columns) {
    long pitch = (long) tiling.pitch() * Float.BYTES;
    long sumsAt = inputAt + tiling.sumsAt();
    long bytes = (rows - 1) * pitch + (long) columns * Float.BYTES;
    // Eight vectors at once, unless the rest is so short that half of them would be idle.
    long wide = (bytes + 4 * PlaneKernels.VECTOR - 1) / PlaneKernels.WIDE * PlaneKernels.WIDE;
    PlaneKernels.flat8v(scratch, inputAt, offsets, w, wAt, sumsAt, wide);
    PlaneKernels.flat1v(scratch, inputAt + wide, offsets, w, wAt, sumsAt + wide, bytes - wide);
  }
}
