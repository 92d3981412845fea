package dev.conv4j.cpu.depthwise;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.memory.CpuMemory;
import dev.conv4j.cpu.vector.Lanes;

/**
 * How a plane of NCHW is cut into tiles, and how a tile's input lies in scratch.
 *
 * <p>The input of a tile is copied with its padding, split by stride: the columns {@code j·stride +
 * phase} of all j lie side by side, and so do the rows. Then the tap (r, s) of the output (p, q) is
 * at {@code offset(r, s) + p·pitch + q} for every output, whatever stride, dilation and padding
 * are, and the tile is one flat loop. Outputs between the rows, from {@code columns} to {@code
 * pitch}, are computed from whatever lies there and dropped.
 *
 * @param rows output rows of a tile
 * @param columns output columns of a tile
 * @param pitch elements from row to row, of the phases and of the tile of sums: whole vectors
 * @param phaseRows rows of a phase
 * @param phasesHigh row phases a filter meets
 * @param phasesWide column phases a filter meets
 * @param shifts elements each column phase is moved by, for the sake of alignment
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record PlaneTiling(
    int rows, int columns, int pitch, int phaseRows, int phasesHigh, int phasesWide, int[] shifts) {

  /** Output columns at most: rows longer than that stream as well in parts. */
  private static final long MOST_COLUMNS = 2048;

  /** Elements a tile's input should have at most, half of a common first-level cache. */
  private static final long MOST_ELEMENTS = 4096;

  static PlaneTiling of(Convolution c) {
    int lanes = Lanes.COUNT;
    int wide = (int) Math.min(c.stride().w(), reach(c, 2));
    int high = (int) Math.min(c.stride().h(), reach(c, 1));
    int columns = (int) Math.min(c.output().w(), Math.max(1, MOST_COLUMNS / wide));
    int moreColumns = (int) ((reach(c, 2) - 1) / c.stride().w());
    int moreRows = (int) ((reach(c, 1) - 1) / c.stride().h());
    int pitch = Math.ceilDiv(columns + moreColumns, lanes) * lanes;
    long fitting = MOST_ELEMENTS / ((long) pitch * wide * high) - moreRows;
    int rows = (int) Math.min(c.output().h(), Math.max(high == 1 ? 4 : 1, fitting));
    int[] shifts = new int[wide];
    for (int phase = 0; phase < wide; phase++) {
      // Behind the padding the first column of the input shall lie on a vector's boundary.
      long padding = Math.ceilDiv(c.padBegin().w() - phase, c.stride().w());
      shifts[phase] = Math.floorMod(-padding, lanes);
    }
    return new PlaneTiling(rows, columns, pitch, rows + moreRows, high, wide, shifts);
  }

  /** Returns the input extent a filter spans on one axis. */
  static long reach(Convolution c, int axis) {
    return (c.filter().get(axis) - 1) * c.dilation().get(axis) + 1;
  }

  /** Returns the bytes of one phase, shifted, and of what whole vectors write behind it. */
  private long phaseBytes() {
    return (long) phaseRows * pitch * Float.BYTES + 2 * PlaneKernels.VECTOR;
  }

  /** Returns the bytes of all phases, and of what the widest kernel reads behind them. */
  private long inputBytes() {
    long bytes = phaseBytes() * phasesHigh * phasesWide + PlaneKernels.WIDE;
    return Math.ceilDiv(bytes, CpuMemory.ALIGNMENT) * CpuMemory.ALIGNMENT;
  }

  /** Returns the byte position of the sums, behind the input. */
  long sumsAt() {
    return inputBytes();
  }

  /** Returns the bytes of input and sums, and of what the widest kernel writes behind them. */
  long bytes() {
    return sumsAt() + (long) rows * pitch * Float.BYTES + PlaneKernels.WIDE;
  }

  /** Returns the byte position of a phase in scratch. */
  long phaseAt(int high, int wide) {
    return (high * phasesWide + wide) * phaseBytes() + (long) shifts[wide] * Float.BYTES;
  }

  /** Returns the byte offset of each tap in the order the filter lies in memory. */
  long[] offsets(Convolution c, boolean flipped) {
    int taps = (int) (c.filter().h() * c.filter().w());
    long[] offsets = new long[taps];
    for (int i = 0; i < taps; i++) {
      int tap = flipped ? taps - 1 - i : i;
      long y = tap / c.filter().w() * c.dilation().h();
      long x = tap % c.filter().w() * c.dilation().w();
      long phase = phaseAt((int) (y % c.stride().h()), (int) (x % c.stride().w()));
      offsets[i] = phase + (y / c.stride().h() * pitch + x / c.stride().w()) * Float.BYTES;
    }
    return offsets;
  }
}
