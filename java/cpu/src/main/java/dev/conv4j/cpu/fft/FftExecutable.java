package dev.conv4j.cpu.fft;

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

/**
 * Overlap-save. A work item is a group of tiles of one plane, two in each lane: the filter is real,
 * so a tile in the imaginary parts goes through untouched by the one in the real parts.
 */
final class FftExecutable implements Executable<ConvOperands> {

  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = Lanes.F32.vectorByteSize();

  private final Convolution c;
  private final FftTiling tiling;
  private final FilterSpectrum spectrum;
  private final LaneTransform horizontal;
  private final LaneTransform vertical;
  private final Moves moves = Kernels.best().moves();
  private final TileEpilogue epilogue;
  private final Workers workers;
  private final int participants;
  private final long multiplier;

  FftExecutable(ConvProblem problem, FftTiling tiling, Workers workers, int participants) {
    this.c = problem.convolution();
    this.tiling = tiling;
    this.spectrum =
        new FilterSpectrum(
            tiling, (int) c.filter().h(), (int) c.filter().w(), problem.options().flipped());
    this.horizontal = new LaneTransform(tiling.width());
    this.vertical = new LaneTransform(tiling.height());
    this.epilogue = new TileEpilogue(problem.options().epilogue());
    this.workers = workers;
    this.participants = participants;
    this.multiplier = c.filtersPerGroup();
  }

  @Override
  public long packedFilterBytes() {
    return c.filters() * spectrum.bytes();
  }

  @Override
  public void packFilter(Block filter, Block packed) {
    pack(CpuBlock.segment(filter), CpuBlock.segment(packed));
  }

  private void pack(MemorySegment filter, MemorySegment packed) {
    workers.run(
        c.filters(),
        participants,
        (slot, k) ->
            spectrum.transform(
                filter, k * c.filter().product() * Float.BYTES, packed, k * spectrum.bytes()));
  }

  /** An element more than a row has, so that a column's elements fall into different sets. */
  private long pitch() {
    return (tiling.width() + 1) * LaneTransform.ELEMENT;
  }

  private long dataBytes() {
    return tiling.height() * pitch();
  }

  private long rowBytes() {
    return (long) tiling.width() * Float.BYTES;
  }

  /** Bytes from a tile to the next before they are turned into lanes: no power of two. */
  private long tileBytes() {
    return tiling.height() * rowBytes() + VECTOR;
  }

  /** Returns where products go: over the input where that is needed no more. */
  private long productsAt() {
    return multiplier > 1 ? dataBytes() : 0;
  }

  private long tilesAt() {
    return productsAt() + dataBytes();
  }

  private long slotBytes() {
    return Math.ceilDiv(tilesAt() + LANES * tileBytes(), 64) * 64;
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
        "tile",
        tiling.height() + "x" + tiling.width(),
        "outputs of a tile",
        tiling.rowsOut() + "x" + tiling.columnsOut());
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
        c.batch() * c.channels() * tiling.groups(),
        participants,
        (slot, item) -> item(x, w, scratch, slotsAt + slot * slotBytes(), bound, item));
  }

  private void item(
      MemorySegment x,
      MemorySegment w,
      MemorySegment scratch,
      long at,
      TileEpilogue.Bound bound,
      long item) {
    long plane = item / tiling.groups();
    long first = item % tiling.groups() * FftTiling.together();
    for (int part = 0; part < 2; part++) {
      load(x, plane, first + (long) part * LANES, scratch, at + tilesAt());
      turn(scratch, at + tilesAt(), at + part * VECTOR);
    }
    for (int y = 0; y < tiling.height(); y++) {
      horizontal.forward(scratch, at + y * pitch(), LaneTransform.ELEMENT);
    }
    for (int column = 0; column < tiling.width(); column++) {
      vertical.forward(scratch, at + column * LaneTransform.ELEMENT, pitch());
    }
    long n = plane / c.channels();
    long channel = plane % c.channels();
    for (long j = 0; j < multiplier; j++) {
      long k = channel * multiplier + j;
      long products = at + productsAt();
      back(scratch, at, products, w, k * spectrum.bytes());
      for (int part = 0; part < 2; part++) {
        turnBack(scratch, products + part * VECTOR, at + tilesAt());
        store(bound, n, k, first + (long) part * LANES, scratch, at + tilesAt());
      }
    }
  }

  /** Multiplies by a filter's spectrum and transforms back what outputs are taken from. */
  private void back(
      MemorySegment scratch, long at, long products, MemorySegment w, long spectrumAt) {
    for (int y = 0; y < tiling.height(); y++) {
      LaneTransform.multiply(
          scratch,
          at + y * pitch(),
          scratch,
          products + y * pitch(),
          w,
          spectrumAt + 2L * y * rowBytes(),
          tiling.width());
    }
    for (int column = 0; column < tiling.width(); column++) {
      vertical.inverse(scratch, products + column * LaneTransform.ELEMENT, pitch());
    }
    for (int y = 0; y < tiling.rowsOut(); y++) {
      horizontal.inverse(scratch, products + y * pitch(), LaneTransform.ELEMENT);
    }
  }

  /** Copies a vector's worth of tiles, padded with zeros, one behind the other. */
  private void load(MemorySegment x, long plane, long first, MemorySegment scratch, long to) {
    long height = c.input().h();
    long width = c.input().w();
    for (int lane = 0; lane < LANES; lane++) {
      long tile = first + lane;
      long at = to + lane * tileBytes();
      long top = tile / tiling.tilesWide() * tiling.rowsOut() - c.padBegin().h();
      long left = tile % tiling.tilesWide() * tiling.columnsOut() - c.padBegin().w();
      long from = Math.clamp(-left, 0, tiling.width());
      long end = tile < tiling.tiles() ? Math.clamp(width - left, from, tiling.width()) : from;
      for (int y = 0; y < tiling.height(); y++) {
        long row = at + y * rowBytes();
        boolean inside = top + y >= 0 && top + y < height && end > from;
        if (!inside) {
          moves.zero(scratch, row, tiling.width());
          continue;
        }
        moves.zero(scratch, row, (int) from);
        long source = ((plane * height + top + y) * width + left + from) * Float.BYTES;
        MemorySegment.copy(x, source, scratch, row + 4 * from, 4 * (end - from));
        moves.zero(scratch, row + 4 * end, (int) (tiling.width() - end));
      }
    }
  }

  private void turn(MemorySegment scratch, long tiles, long to) {
    for (int y = 0; y < tiling.height(); y++) {
      moves.transpose(
          scratch,
          tiles + y * rowBytes(),
          tileBytes(),
          scratch,
          to + y * pitch(),
          LaneTransform.ELEMENT,
          LANES,
          tiling.width());
    }
  }

  private void turnBack(MemorySegment scratch, long from, long tiles) {
    int columns = Math.ceilDiv(tiling.columnsOut(), LANES) * LANES;
    for (int y = 0; y < tiling.rowsOut(); y++) {
      moves.transpose(
          scratch,
          from + y * pitch(),
          LaneTransform.ELEMENT,
          scratch,
          tiles + y * rowBytes(),
          tileBytes(),
          columns,
          LANES);
    }
  }

  private void store(
      TileEpilogue.Bound bound, long n, long k, long first, MemorySegment scratch, long tiles) {
    for (int lane = 0; lane < LANES && first + lane < tiling.tiles(); lane++) {
      long p = (first + lane) / tiling.tilesWide() * tiling.rowsOut();
      long q = (first + lane) % tiling.tilesWide() * tiling.columnsOut();
      long width = c.output().w();
      bound.byRow(
          scratch,
          tiles + lane * tileBytes(),
          rowBytes(),
          (((n * c.filters() + k) * c.output().h() + p) * width + q) * Float.BYTES,
          width * Float.BYTES,
          (int) Math.min(tiling.rowsOut(), c.output().h() - p),
          (int) Math.min(tiling.columnsOut(), width - q),
          k,
          0);
    }
  }
}
