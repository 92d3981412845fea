package dev.conv4j.cpu.depthwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.algorithm.Strides;
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
import org.jspecify.annotations.Nullable;

/**
 * Depthwise in NHWC. A work item is a band of rows of outputs, read in place; the filter is packed
 * with its channels side by side. Where a channel has several filters, the rows of input are first
 * copied with each channel repeated, and the rest is the same.
 */
final class PixelExecutable implements Executable<ConvOperands> {

  private static final long VECTOR = Lanes.F32.vectorByteSize();

  /** Work items for each thread: a band's first rows are read by its neighbour, too. */
  private static final long BANDS = 4;

  private final Convolution c;
  private final Axes output;
  private final Axis height;
  private final Axis width;
  private final boolean flipped;
  private final int filters;
  private final int multiplier;
  private final int tapsHigh;
  private final int tapsWide;
  private final long[] offsets;
  private final boolean slides;
  private final Strides result;

  /** Whether a row's sums lie in scratch first: the result is read, or has gaps. */
  private final boolean apart;

  private final Moves moves = Kernels.best().moves();
  private final long bandRows;
  private final long bands;
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;

  PixelExecutable(ConvProblem problem, Workers workers, int participants) {
    this.c = problem.convolution();
    this.output = c.output();
    this.height = Axis.of(c, 1);
    this.width = Axis.of(c, 2);
    this.flipped = problem.options().flipped();
    this.filters = Math.toIntExact(c.filters());
    this.multiplier = Math.toIntExact(c.filtersPerGroup());
    this.tapsHigh = (int) c.filter().h();
    this.tapsWide = (int) c.filter().w();
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.result = Strides.ofResult(problem);
    this.apart = epilogue.readsResult() || result.w() != filters;
    this.workers = workers;
    this.participants = participants;
    this.bandRows = Math.ceilDiv(output.h(), Math.min(output.h(), BANDS * participants));
    this.bands = Math.ceilDiv(output.h(), bandRows);
    this.slides =
        tapsHigh == 3
            && tapsWide == 3
            && c.dilation().w() == 1
            && filters >= Lanes.COUNT
            && PixelSlides.takes(width);
    this.offsets = new long[tapsHigh * tapsWide];
    // Repeated rows lie one for each row of taps; rows in place as far apart as dilation says.
    long rowStep = multiplier > 1 ? 1 : c.dilation().h();
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = i / tapsWide * rowStep * rowBytes() + i % tapsWide * c.dilation().w() * pixel();
    }
  }

  /** Returns the bytes of a pixel of the result, and of one of the input as the kernels see it. */
  private long pixel() {
    return (long) filters * Float.BYTES;
  }

  /** Returns the bytes of a row of the input as the kernels see it. */
  private long rowBytes() {
    return c.input().w() * pixel();
  }

  private long sumsRowBytes() {
    return output.w() * pixel();
  }

  @Override
  public long packedFilterBytes() {
    return offsets.length * pixel();
  }

  @Override
  public void packFilter(Block filter, Block packed) {
    pack(CpuBlock.segment(filter), CpuBlock.segment(packed), 0);
  }

  /** Turns K rows of taps into a row of K for each tap, and flips them where asked. */
  private void pack(MemorySegment from, MemorySegment to, long toAt) {
    int taps = offsets.length;
    for (long k = 0; k < filters; k++) {
      for (int i = 0; i < taps; i++) {
        long source = (k * taps + (flipped ? taps - 1 - i : i)) * Float.BYTES;
        to.set(
            JAVA_FLOAT_UNALIGNED,
            toAt + i * pixel() + k * Float.BYTES,
            from.get(JAVA_FLOAT_UNALIGNED, source));
      }
    }
  }

  /** Returns the bytes of repeated rows of input and of a row of sums, where they are needed. */
  private long slotBytes() {
    long repeated = multiplier > 1 ? tapsHigh * rowBytes() : 0;
    long sums = apart ? sumsRowBytes() : 0;
    return Math.ceilDiv(repeated + sums, 64) * 64;
  }

  private long packedBytes(boolean filterPacked) {
    return filterPacked ? 0 : Math.ceilDiv(packedFilterBytes(), 64) * 64;
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return packedBytes(filterPacked) + participants * slotBytes();
  }

  @Override
  public Map<String, String> facts() {
    return Map.of(
        "kernel",
        slides
            ? "slide3x3"
            : filters < Lanes.COUNT ? "pixel1Narrow" : "pixels" + PixelKernels.PIXELS);
  }

  @Override
  public void run(ConvOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.first());
    MemorySegment given = CpuBlock.segment(operands.second());
    Block workspace = operands.workspace();
    MemorySegment scratch = workspace == null ? null : CpuBlock.segment(workspace);
    if (!operands.secondPacked() && scratch != null) {
      pack(given, scratch, 0);
    }
    MemorySegment w = operands.secondPacked() || scratch == null ? given : scratch;
    long slotsAt = packedBytes(operands.secondPacked());
    TileEpilogue.Bound bound = epilogue.bind(operands);
    workers.run(
        c.batch() * bands,
        participants,
        (slot, item) ->
            new Item(x, w, scratch, slotsAt + slot * slotBytes(), bound)
                .run(item / bands, item % bands * bandRows));
  }

  /** A band of rows of one image. */
  private final class Item {

    private final MemorySegment x;
    private final MemorySegment w;
    private final @Nullable MemorySegment scratch;
    private final long scratchAt;
    private final TileEpilogue.Bound bound;

    Item(
        MemorySegment x,
        MemorySegment w,
        @Nullable MemorySegment scratch,
        long scratchAt,
        TileEpilogue.Bound bound) {
      this.x = x;
      this.w = w;
      this.scratch = scratch;
      this.scratchAt = scratchAt;
      this.bound = bound;
    }

    void run(long n, long first) {
      long end = Math.min(output.h(), first + bandRows);
      long loaded = Math.clamp(height.position(first, 0), 0, height.input());
      for (long p = first; p < end; p++) {
        long needed = Math.min(height.position(p, tapsHigh - 1) + 1, height.input());
        line(n, p, loaded, needed);
        loaded = Math.max(loaded, needed);
      }
    }

    /**
     * Computes a row of outputs.
     *
     * @param loaded the first row of input that was not read before
     * @param needed one more than the last row it reads
     */
    private void line(long n, long p, long loaded, long needed) {
      int rFrom = (int) height.firstTapInside(p);
      int rTo = (int) height.endOfTapsInside(p);
      long resultAt = result.at(n, 0, 0, p, 0) * Float.BYTES;
      MemorySegment sums = bound.result();
      long sumsAt = resultAt;
      if (apart && scratch != null) {
        sums = scratch;
        sumsAt = scratchAt + slotBytes() - sumsRowBytes();
      }
      long top = n * c.input().h() + height.position(p, 0);
      if (multiplier > 1 && scratch != null) {
        repeat(x, top, rFrom, rTo, scratch, scratchAt);
        row(scratch, scratchAt, rFrom, rTo, w, sums, sumsAt);
      } else {
        if (loaded < needed) {
          long newAt = (n * c.input().h() + loaded) * rowBytes();
          moves.touch(x, newAt, (needed - loaded) * rowBytes(), 0, 1, sums, sumsAt);
        }
        row(x, top * rowBytes(), rFrom, rTo, w, sums, sumsAt);
      }
      if (apart || !epilogue.isNone()) {
        long pitch = result.w() * Float.BYTES;
        bound.byColumn(
            sums, sumsAt, pixel(), resultAt, pitch, Math.toIntExact(output.w()), filters, 0);
      }
    }
  }

  /** Copies the rows of input under a row of taps each, every channel repeated for its filters. */
  private void repeat(
      MemorySegment x, long top, int rFrom, int rTo, MemorySegment scratch, long scratchAt) {
    long values = c.input().w() * c.channels();
    for (int r = rFrom; r < rTo; r++) {
      long from = (top + r * c.dilation().h()) * values * Float.BYTES;
      for (int j = 0; j < multiplier; j++) {
        long to = scratchAt + r * rowBytes() + (long) j * Float.BYTES;
        spread(x, from, scratch, to, (long) multiplier * Float.BYTES, (int) values);
      }
    }
  }

  private static void spread(
      MemorySegment x, long from, MemorySegment scratch, long to, long step, int count) {
    for (int i = 0; i < count; i++) {
      float value = x.get(JAVA_FLOAT_UNALIGNED, from + (long) i * Float.BYTES);
      scratch.set(JAVA_FLOAT_UNALIGNED, to + i * step, value);
    }
  }

  private void row(
      MemorySegment x,
      long topAt,
      int rFrom,
      int rTo,
      MemorySegment w,
      MemorySegment sums,
      long sumsAt) {
    if (slides && rFrom < rTo) {
      slide(x, topAt, rFrom, rTo, w, sums, sumsAt);
    } else {
      step(x, topAt, rFrom, rTo, w, sums, sumsAt);
    }
  }

  /** Computes a 3×3 filter's row by {@link PixelSlides}. */
  private void slide(
      MemorySegment x,
      long topAt,
      int rFrom,
      int rTo,
      MemorySegment w,
      MemorySegment sums,
      long sumsAt) {
    int inside = (1 << rTo) - (1 << rFrom);
    long above = topAt + offsets[Math.clamp(0, rFrom, rTo - 1) * tapsWide];
    long middle = topAt + offsets[Math.clamp(1, rFrom, rTo - 1) * tapsWide];
    long below = topAt + offsets[Math.clamp(2, rFrom, rTo - 1) * tapsWide];
    int columns = (int) width.input();
    int outputs = (int) width.output();
    int left = (int) width.padBegin();
    int whole = filters / Lanes.COUNT;
    for (int part = 0; part < 2; part++) {
      long start = part == 0 ? 0 : pixel() - VECTOR;
      int count = part == 0 ? whole : filters % Lanes.COUNT == 0 ? 0 : 1;
      if (width.stride() == 1) {
        PixelSlides.single(
            x,
            above,
            middle,
            below,
            inside,
            columns,
            w,
            sums,
            sumsAt,
            outputs,
            2 - left,
            outputs + 2 - left - columns,
            pixel(),
            start,
            count);
      } else {
        PixelSlides.pairs(
            x,
            above,
            middle,
            below,
            inside,
            left - 1,
            columns,
            outputs + 1 - left,
            w,
            sums,
            sumsAt,
            1 - left,
            pixel(),
            start,
            count);
      }
    }
  }

  /** Computes some outputs at a time where all taps lie inside, one at a time else. */
  private void step(
      MemorySegment x,
      long topAt,
      int rFrom,
      int rTo,
      MemorySegment w,
      MemorySegment sums,
      long sumsAt) {
    long step = c.stride().w() * pixel();
    long start = topAt - c.padBegin().w() * pixel();
    for (long q = 0; q < output.w(); ) {
      long xAt = start + q * step;
      long outAt = sumsAt + q * pixel();
      int sFrom = (int) width.firstTapInside(q);
      int sTo = (int) width.endOfTapsInside(q);
      if (filters < Lanes.COUNT) {
        PixelKernels.pixel1Narrow(
            x, xAt, offsets, tapsWide, rFrom, rTo, sFrom, sTo, w, 0, sums, outAt, filters);
        q++;
      } else if (sFrom == 0
          && sTo == tapsWide
          && q + PixelKernels.PIXELS <= output.w()
          && width.endOfTapsInside(q + PixelKernels.PIXELS - 1) == tapsWide) {
        pixels(x, xAt, step, rFrom, rTo, w, sums, outAt);
        q += PixelKernels.PIXELS;
      } else {
        PixelKernels.pixel1(
            x, xAt, offsets, tapsWide, rFrom, rTo, sFrom, sTo, w, 0, sums, outAt, filters);
        q++;
      }
    }
  }

  /** Computes neighbouring outputs for every vector of channels, the last one moved back. */
  private void pixels(
      MemorySegment x,
      long xAt,
      long step,
      int rFrom,
      int rTo,
      MemorySegment w,
      MemorySegment sums,
      long outAt) {
    int whole = filters / Lanes.COUNT;
    for (int part = 0; part < 2; part++) {
      long start = part == 0 ? 0 : pixel() - VECTOR;
      int count = part == 0 ? whole : filters % Lanes.COUNT == 0 ? 0 : 1;
      PixelKernels.pixels(
          x,
          xAt + start,
          step,
          offsets,
          rFrom * tapsWide,
          rTo * tapsWide,
          w,
          start,
          pixel(),
          sums,
          outAt + start,
          pixel(),
          count,
          VECTOR,
          VECTOR,
          VECTOR);
    }
  }
}
