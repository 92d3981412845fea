package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.code.MachineCode;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;

/** The same as {@link MachineTile} over planes that are read where they lie. */
final class MachinePlanes implements PlaneKernel {

  private final int filters;
  private final int points;
  private final MachineCode code;

  private MachinePlanes(int filters, int vectors, MachineCode code) {
    this.filters = filters;
    this.points = vectors * Lanes.COUNT;
    this.code = code;
  }

  /** Returns a kernel in machine code, or nothing where there is none. */
  static Optional<MachinePlanes> of(int filters, int vectors) {
    return MachineCode.planes(filters, vectors)
        .map(code -> new MachinePlanes(filters, vectors, code));
  }

  @Override
  public int filters() {
    return filters;
  }

  @Override
  public boolean prefetches() {
    return true;
  }

  @Override
  public int points() {
    return points;
  }

  @Override
  public void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment places,
      long farthest,
      MemorySegment c,
      long cAt,
      long cRow,
      int tiles,
      long aheadAt) {
    if (tiles == 0) {
      return;
    }
    Objects.checkIndex(depth, Microkernel.DEPTHS);
    Objects.checkIndex(tiles, Microkernel.DEPTHS);
    long row = (long) tiles * points * Float.BYTES;
    long left = MachineCode.address(a, aAt, (long) depth * filters * Float.BYTES);
    long table = MachineCode.address(places, 0, (long) depth * Long.BYTES);
    long right = MachineCode.address(b, bAt, depth == 0 ? 0 : farthest + row);
    long target = MachineCode.address(c, cAt, filters, cRow, row);
    long ahead = b.address() + aheadAt;
    code.call(
        depth,
        left,
        right,
        target,
        cRow,
        ahead,
        table,
        tiles,
        (long) depth * filters * Float.BYTES);
  }

  @Override
  public String toString() {
    return "machine code of " + filters + " x " + points + " points";
  }
}
