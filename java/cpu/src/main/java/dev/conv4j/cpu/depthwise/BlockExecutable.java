package dev.conv4j.cpu.depthwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
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

/**
 * Depthwise in NCHW by blocks of channels: planes are turned so that vectors lie along the
 * channels, convolved as in NHWC, and turned back. Turning costs most of a cycle for an element
 * each way; it pays where rows fill less than a vector, or there are many taps for it. A work item
 * is a band of rows of one block of one image; within it a few rows at a time are loaded, computed
 * and written, while they are in the first-level cache.
 */
final class BlockExecutable implements Executable<ConvOperands> {

  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = Lanes.F32.vectorByteSize();

  private final Convolution c;
  private final Axes output;
  private final Axis height;
  private final boolean flipped;
  private final BlockTiling tiling;
  private final Moves moves = Kernels.best().moves();
  private final BlockLoader loader;
  private final long[] offsets;
  private final int wide;
  private final int multiplier;
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;
  private final long blocks;
  private final long bands;
  private final long resultPlane;

  BlockExecutable(ConvProblem problem, Workers workers, int participants) {
    this.c = problem.convolution();
    this.output = c.output();
    this.height = Axis.of(c, 1);
    this.flipped = problem.options().flipped();
    this.tiling = BlockTiling.of(c);
    this.loader = new BlockLoader(c, tiling, moves);
    this.offsets = tiling.offsets(c);
    this.wide = (int) c.filter().w();
    this.multiplier = Math.toIntExact(c.filtersPerGroup());
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.workers = workers;
    this.participants = participants;
    this.blocks = Math.ceilDiv(c.channels(), LANES);
    this.bands = Math.ceilDiv(output.h(), tiling.bandRows());
    this.resultPlane = output.product() * Float.BYTES;
  }

  @Override
  public long packedFilterBytes() {
    return blocks * multiplier * offsets.length * VECTOR;
  }

  @Override
  public void packFilter(Block filter, Block packed) {
    pack(CpuBlock.segment(filter), CpuBlock.segment(packed));
  }

  /** Orders filters by block of channels, filter of a channel, tap, channel. */
  private void pack(MemorySegment from, MemorySegment to) {
    int taps = offsets.length;
    for (long k = 0; k < blocks * LANES * multiplier; k++) {
      long channel = k / multiplier;
      long at = (channel / LANES * multiplier + k % multiplier) * taps * VECTOR;
      for (int i = 0; i < taps; i++) {
        long source = (k * taps + (flipped ? taps - 1 - i : i)) * Float.BYTES;
        float tap = channel < c.channels() ? from.get(JAVA_FLOAT_UNALIGNED, source) : 0;
        to.set(JAVA_FLOAT_UNALIGNED, at + i * VECTOR + channel % LANES * Float.BYTES, tap);
      }
    }
  }

  private long packedBytes(boolean filterPacked) {
    return filterPacked ? 0 : packedFilterBytes();
  }

  private long stagingAt() {
    return tiling.tilePixels() * VECTOR;
  }

  private long sumsAt() {
    long rows = (tiling.mostRows() - 1) * height.stride() + PlaneTiling.reach(c, 1);
    return stagingAt() + loader.stagingBytes(Math.toIntExact(Math.min(rows, c.input().h())));
  }

  /** Returns where sums lie channel by channel until a residual is added. */
  private long planesAt() {
    return sumsAt() + (tiling.mostRows() * output.w() + PixelKernels.PIXELS) * VECTOR;
  }

  private long slotBytes() {
    return planesAt() + (epilogue.readsResult() ? tiling.mostRows() * output.w() * VECTOR : 0);
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return packedBytes(filterPacked) + participants * slotBytes();
  }

  @Override
  public Map<String, String> facts() {
    return Map.of(
        "tile",
        tiling.bandRows() + " rows of " + LANES + " channels",
        "kernel",
        "pixels" + PixelKernels.PIXELS);
  }

  @Override
  public void run(ConvOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.first());
    MemorySegment given = CpuBlock.segment(operands.second());
    MemorySegment scratch = CpuBlock.segment(Objects.requireNonNull(operands.workspace()));
    if (!operands.secondPacked()) {
      pack(given, scratch);
    }
    MemorySegment w = operands.secondPacked() ? given : scratch;
    long slotsAt = packedBytes(operands.secondPacked());
    TileEpilogue.Bound bound = epilogue.bind(operands);
    workers.run(
        c.batch() * blocks * bands,
        participants,
        (slot, item) -> new Item(x, w, scratch, slotsAt + slot * slotBytes(), bound, item).run());
  }

  /** A band of rows of one block of channels. */
  private final class Item {

    private final MemorySegment x;
    private final MemorySegment w;
    private final MemorySegment scratch;
    private final long slotAt;
    private final TileEpilogue.Bound bound;
    private final long n;
    private final long block;
    private final int channels;
    private final long band;

    /** First row of the input in the tile. */
    private final long top;

    Item(
        MemorySegment x,
        MemorySegment w,
        MemorySegment scratch,
        long slotAt,
        TileEpilogue.Bound bound,
        long item) {
      this.x = x;
      this.w = w;
      this.scratch = scratch;
      this.slotAt = slotAt;
      this.bound = bound;
      this.n = item / bands / blocks;
      this.block = item / bands % blocks;
      this.channels = (int) Math.min(LANES, c.channels() - block * LANES);
      this.band = item % bands * tiling.bandRows();
      this.top = Math.clamp(height.position(band, 0), 0, height.input());
    }

    void run() {
      long end = Math.min(output.h(), band + tiling.bandRows());
      long planeAt = (n * c.channels() + block * LANES) * c.input().product() * Float.BYTES;
      // Even parts, so that each has at least a vector of pixels.
      long chunks = Math.max(1, (end - band) / tiling.chunkRows());
      long loaded = top;
      for (long i = 0; i < chunks; i++) {
        long from = band + (end - band) * i / chunks;
        long to = band + (end - band) * (i + 1) / chunks;
        long needed = height.position(to - 1, height.taps() - 1) + 1;
        long rows = Math.clamp(needed, loaded, height.input());
        loader.load(
            x,
            planeAt,
            channels,
            loaded,
            rows,
            scratch,
            slotAt + (loaded - top) * tiling.pitch() * VECTOR,
            slotAt + stagingAt());
        loaded = rows;
        for (int j = 0; j < multiplier; j++) {
          sums(from, to, j);
          finish(from, to, j);
        }
      }
    }

    /** Computes rows of outputs of one filter of each channel. */
    private void sums(long from, long to, int j) {
      long tapsAt = (block * multiplier + j) * offsets.length * VECTOR;
      long step = c.stride().w() * VECTOR;
      int groups = (int) Math.ceilDiv(output.w(), PixelKernels.PIXELS);
      for (long p = from; p < to; p++) {
        // Behind a row the kernel writes into the next one, which is computed later.
        PixelKernels.pixels(
            scratch,
            slotAt + (height.position(p, 0) - top) * tiling.pitch() * VECTOR,
            step,
            offsets,
            (int) height.firstTapInside(p) * wide,
            (int) height.endOfTapsInside(p) * wide,
            w,
            tapsAt,
            VECTOR,
            scratch,
            slotAt + sumsAt() + (p - from) * output.w() * VECTOR,
            VECTOR,
            groups,
            PixelKernels.PIXELS * step,
            0,
            PixelKernels.PIXELS * VECTOR);
      }
    }

    /** Turns sums back into planes, in the result or where they wait for the residual. */
    private void finish(long from, long to, int j) {
      int pixels = Math.toIntExact((to - from) * output.w());
      long k = block * LANES * multiplier + j;
      long resultAt = ((n * c.filters() + k) * output.product() + from * output.w()) * Float.BYTES;
      long resultStep = multiplier * resultPlane;
      MemorySegment planes = bound.result();
      long planesAt = resultAt;
      long step = resultStep;
      if (epilogue.readsResult()) {
        planes = scratch;
        planesAt = slotAt + planesAt();
        step = (long) pixels * Float.BYTES;
      }
      moves.touch(
          planes,
          planesAt,
          (long) pixels * Float.BYTES,
          step,
          channels,
          scratch,
          slotAt + stagingAt());
      int whole = pixels / LANES * LANES;
      turnBack(planes, planesAt, step, 0, whole);
      if (whole < pixels) {
        turnBack(planes, planesAt, step, pixels - LANES, LANES);
      }
      if (!epilogue.isNone()) {
        bound.byRow(planes, planesAt, step, resultAt, resultStep, channels, pixels, k, multiplier);
      }
    }

    private void turnBack(MemorySegment planes, long at, long step, int first, int pixels) {
      moves.transpose(
          scratch,
          slotAt + sumsAt() + first * VECTOR,
          VECTOR,
          planes,
          at + (long) first * Float.BYTES,
          step,
          pixels,
          channels);
    }
  }
}
