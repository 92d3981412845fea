package dev.conv4j.cpu.depthwise;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;

/**
 * Depthwise 3×3 in NCHW, read and written in place. A work item is some whole planes, or a band of
 * rows of one: what it reads and writes fits into the first-level cache. Vectors reach a little
 * before and behind a row. Where that would leave the input, at the first plane and the last ones,
 * a band is copied to scratch first; and where rows are shorter than a vector, the last plane of an
 * item is computed in scratch, since what follows it may be another thread's.
 */
final class StripExecutable implements Executable<ConvOperands> {

  private static final long VECTOR = Lanes.F32.vectorByteSize();
  private static final int TAPS = 9;

  private final Convolution c;
  private final StripTiling tiling;
  private final boolean flipped;
  private final int multiplier;
  private final Moves moves = Kernels.best().moves();
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;
  private final long blocks;
  private final long bands;
  private final long rowBytes;
  private final long planeBytes;
  private final long resultRowBytes;
  private final long resultPlaneBytes;
  private final long[][] inside;

  StripExecutable(ConvProblem problem, Workers workers, int participants) {
    this.c = problem.convolution();
    this.tiling = StripTiling.of(c);
    this.flipped = problem.options().flipped();
    this.multiplier = Math.toIntExact(c.filtersPerGroup());
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.workers = workers;
    this.participants = participants;
    this.blocks = Math.ceilDiv(c.channels(), tiling.channels());
    this.bands = tiling.bands();
    this.rowBytes = c.input().w() * Float.BYTES;
    this.planeBytes = c.input().product() * Float.BYTES;
    this.resultRowBytes = c.output().w() * Float.BYTES;
    this.resultPlaneBytes = c.output().product() * Float.BYTES;
    this.inside = new long[tiling.strips()][3];
    for (int strip = 0; strip < inside.length; strip++) {
      for (int tap = 0; tap < 3; tap++) {
        inside[strip][tap] = tiling.inside(strip, tap);
      }
    }
  }

  /** Returns the bytes of a copied band, with what vectors read before and behind it. */
  private long sumsAt() {
    return Math.ceilDiv(tiling.mostRows() * rowBytes, 64) * 64 + 4 * VECTOR;
  }

  private long slotBytes() {
    long planes = epilogue.readsResult() ? (long) tiling.channels() * multiplier : 1;
    long sums = tiling.overflows() || epilogue.readsResult() ? planes * bandBytes() : 0;
    return sumsAt() + Math.ceilDiv(sums, 64) * 64 + VECTOR;
  }

  private long bandBytes() {
    return tiling.bandRows() * resultRowBytes;
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return participants * slotBytes();
  }

  @Override
  public Map<String, String> facts() {
    return Map.of(
        "tile",
        tiling.bandRows() + " rows of " + tiling.channels() + " channels",
        "kernel",
        tiling.paired() ? "pairs" : "single");
  }

  @Override
  public void run(ConvOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.first());
    MemorySegment w = CpuBlock.segment(operands.second());
    MemorySegment scratch = CpuBlock.segment(Objects.requireNonNull(operands.workspace()));
    TileEpilogue.Bound bound = epilogue.bind(operands);
    workers.run(
        c.batch() * blocks * bands,
        participants,
        (slot, item) -> new Item(x, w, scratch, slot * slotBytes(), bound, item).run());
  }

  /** Some planes, or a band of one. */
  private final class Item {

    private final MemorySegment x;
    private final MemorySegment w;
    private final MemorySegment scratch;
    private final long slotAt;
    private final TileEpilogue.Bound bound;

    /** Planes before this image's first. */
    private final long planes;

    private final long channel;
    private final long endOfChannels;

    /** Rows of outputs, and of the input they read. */
    private final long p;

    private final long end;
    private final long top;
    private final long bottom;

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
      this.planes = item / bands / blocks * c.channels();
      this.channel = item / bands % blocks * tiling.channels();
      this.endOfChannels = Math.min(c.channels(), channel + tiling.channels());
      this.p = item % bands * tiling.bandRows();
      this.end = Math.min(c.output().h(), p + tiling.bandRows());
      this.top = tiling.firstRow(p);
      this.bottom = tiling.endRow(end);
    }

    void run() {
      long firstAt = (planes + channel) * planeBytes + top * rowBytes;
      long lastAt = (planes + endOfChannels - 1) * planeBytes + bottom * rowBytes;
      moves.touch(x, firstAt, lastAt - firstAt, 0, 1, scratch, slotAt);
      long before = c.padBegin().w() * Float.BYTES;
      long safe = Math.ceilDiv(Math.max(0, before - top * rowBytes), planeBytes);
      long behind = (bottom - 1) * rowBytes + tiling.readBehind() * Float.BYTES;
      long endOfSafe = Math.max(0, Math.floorDiv(x.byteSize() - behind, planeBytes) + 1);
      long last = endOfChannels * multiplier;
      for (long k = channel * multiplier; k < last; ) {
        long plane = planes + k / multiplier;
        boolean inPlace = plane >= safe && plane < endOfSafe;
        long next = inPlace && multiplier == 1 ? Math.min(last, endOfSafe - planes) : k + 1;
        if (tiling.overflows() && next == last && k < last - 1) {
          next = last - 1;
        }
        some(plane, inPlace, k, (int) (next - k), next == last);
        k = next;
      }
      if (!epilogue.isNone()) {
        finish();
      }
    }

    private long resultAt(long k) {
      return (planes * multiplier + k) * resultPlaneBytes + p * resultRowBytes;
    }

    /** Computes some filters, each with a plane of its own. */
    private void some(long plane, boolean inPlace, long k, int count, boolean isLast) {
      MemorySegment from = x;
      long at = plane * planeBytes;
      if (!inPlace) {
        from = scratch;
        moves.copy(
            x,
            at + top * rowBytes,
            1,
            scratch,
            slotAt + VECTOR,
            (int) ((bottom - top) * c.input().w()));
        at = slotAt + VECTOR - top * rowBytes;
      }
      if (epilogue.readsResult()) {
        strips(
            from,
            at,
            k,
            scratch,
            sumsAt() + slotAt + (k - channel * multiplier) * bytes(),
            bytes(),
            count);
      } else if (tiling.overflows() && isLast) {
        strips(from, at, k, scratch, slotAt + sumsAt(), 0, 1);
        moves.copy(
            scratch,
            slotAt + sumsAt(),
            1,
            bound.result(),
            resultAt(k),
            (int) (bytes() / Float.BYTES));
      } else {
        strips(from, at, k, bound.result(), resultAt(k), resultPlaneBytes, count);
      }
    }

    private long bytes() {
      return (end - p) * resultRowBytes;
    }

    private void strips(
        MemorySegment from,
        long at,
        long k,
        MemorySegment out,
        long outAt,
        long outPlane,
        int count) {
      long tap = flipped ? -Float.BYTES : Float.BYTES;
      long wAt = (k * TAPS + (flipped ? TAPS - 1 : 0)) * Float.BYTES;
      for (int strip = 0; strip < inside.length; strip++) {
        long[] lanes = inside[strip];
        long stripAt = at + tiling.width().position(tiling.column(strip), 0) * Float.BYTES;
        long to = outAt + tiling.column(strip) * Float.BYTES;
        if (tiling.paired()) {
          long pair = tiling.firstPair(p);
          PlaneStrips.pairs(
              from,
              stripAt,
              planeBytes,
              rowBytes,
              tiling.height().position(pair, 1),
              c.input().h(),
              (int) (end - pair),
              w,
              wAt,
              tap,
              TAPS * Float.BYTES,
              lanes[0],
              lanes[1],
              lanes[2],
              out,
              to,
              outPlane,
              resultRowBytes,
              (int) (p - pair),
              count);
        } else {
          PlaneStrips.single(
              from,
              stripAt + top * rowBytes,
              planeBytes,
              rowBytes,
              (int) (bottom - top),
              w,
              wAt,
              tap,
              TAPS * Float.BYTES,
              lanes[0],
              lanes[1],
              lanes[2],
              out,
              to,
              outPlane,
              resultRowBytes,
              (int) (end - p),
              (int) (p + 2 - c.padBegin().h() - top),
              (int) (end + 2 - c.padBegin().h() - bottom),
              count);
        }
      }
    }

    private void finish() {
      long k = channel * multiplier;
      int count = (int) (endOfChannels * multiplier - k);
      boolean apart = epilogue.readsResult();
      bound.byRow(
          apart ? scratch : bound.result(),
          apart ? slotAt + sumsAt() : resultAt(k),
          apart ? bytes() : resultPlaneBytes,
          resultAt(k),
          resultPlaneBytes,
          count,
          (int) (bytes() / Float.BYTES),
          k,
          1);
    }
  }
}
