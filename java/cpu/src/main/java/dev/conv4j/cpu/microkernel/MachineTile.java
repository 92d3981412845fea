package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.code.MachineCode.address;

import dev.conv4j.cpu.code.MachineCode;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A tile in machine code. What is read ahead is prefetched, so nothing waits for it and nothing is
 * counted. Operands and tile are checked before the call and no more within it, so all of them must
 * be the library's own, which nobody frees meanwhile.
 */
final class MachineTile implements WindowMicrokernel {

  /** By rows and vectors: several kinds of kernels have the same tile. */
  private static final Map<List<Integer>, Optional<MachineTile>> TILES = new ConcurrentHashMap<>();

  private final int rows;
  private final int columns;
  private final MachineCode groups;
  private final MachineCode byRows;
  private final MachineCode windows;

  private MachineTile(
      int rows, int vectors, MachineCode groups, MachineCode byRows, MachineCode windows) {
    this.rows = rows;
    this.columns = vectors * Lanes.COUNT;
    this.groups = groups;
    this.byRows = byRows;
    this.windows = windows;
  }

  /** Returns a tile in machine code, or nothing where there is none. Each is emitted once. */
  static Optional<MachineTile> of(int rows, int vectors) {
    return TILES.computeIfAbsent(
        List.of(rows, vectors), unknown -> Optional.ofNullable(emitted(rows, vectors)));
  }

  private static @Nullable MachineTile emitted(int rows, int vectors) {
    Optional<MachineCode> groups = MachineCode.groups(rows, vectors);
    Optional<MachineCode> byRows = MachineCode.rows(rows, vectors);
    Optional<MachineCode> windows = MachineCode.windows(rows, vectors);
    return groups.isPresent() && byRows.isPresent() && windows.isPresent()
        ? new MachineTile(rows, vectors, groups.get(), byRows.get(), windows.get())
        : null;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public int aheadBytes() {
    return MachineCode.AHEAD_BYTES;
  }

  private long panel(int depth, MemorySegment b, long bAt) {
    Objects.checkIndex(depth, DEPTHS);
    return address(b, bAt, (long) depth * columns * Float.BYTES);
  }

  private long tile(MemorySegment c, long cAt, long cRow) {
    return address(c, cAt, rows, cRow, (long) columns * Float.BYTES);
  }

  @Override
  public int run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    long left = address(a, aAt, Moves.groupBytes(depth, rows));
    long right = panel(depth, b, bAt);
    long ahead = next.address() + nextAt;
    groups.call(depth, left, right, tile(c, cAt, cRow), cRow, ahead, 0, 0, 0);
    return 0;
  }

  @Override
  public void runRows(
      int depth,
      MemorySegment a,
      long aAt,
      long aRow,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    long left = address(a, aAt, depth == 0 ? 0 : rows, aRow, (long) depth * Float.BYTES);
    long right = panel(depth, b, bAt);
    long ahead = next.address() + nextAt;
    byRows.call(depth, left, right, tile(c, cAt, cRow), cRow, ahead, aRow, 0, 0);
  }

  @Override
  public void runWindows(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment starts,
      long startsAt,
      MemorySegment places,
      long placesAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    long right = panel(depth, b, bAt);
    long first = address(starts, startsAt, (long) rows * Integer.BYTES);
    long second = address(places, placesAt, (long) depth * Integer.BYTES);
    long ahead = next.address() + nextAt;
    long left = a.address() + aAt;
    windows.call(depth, left, right, tile(c, cAt, cRow), cRow, ahead, first, second, 0);
  }

  @Override
  public String toString() {
    return "machine code of " + rows + " x " + columns;
  }
}
