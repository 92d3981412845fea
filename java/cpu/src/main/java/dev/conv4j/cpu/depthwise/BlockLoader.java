package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Turns rows of planes into rows of pixels, a vector of channels each. */
final class BlockLoader {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = Lanes.F32.vectorByteSize();

  /** Rows shorter than this are turned together, and set apart afterwards. */
  private static final int SHORT_ROW = 2 * LANES;

  private final Moves moves;
  private final int pitch;
  private final int left;
  private final int width;
  private final int right;
  private final long planeBytes;

  BlockLoader(Convolution c, BlockTiling tiling, Moves moves) {
    this.moves = moves;
    this.pitch = tiling.pitch();
    this.left = Math.toIntExact(c.padBegin().w());
    this.width = Math.toIntExact(c.input().w());
    this.right = pitch - left - width;
    this.planeBytes = c.input().product() * Float.BYTES;
  }

  /** Returns the bytes of scratch to turn this many rows. */
  long stagingBytes(int rows) {
    return ((long) rows * width + LANES) * VECTOR;
  }

  /**
   * Loads rows into the tile.
   *
   * @param x the input
   * @param planeAt byte position of the first channel's plane
   * @param channels planes to turn, at most a vector's lanes; other lanes are left as they are
   * @param from first row
   * @param to one more than the last row
   * @param scratch holds tile and staging
   * @param rowAt byte position of the first row in the tile
   * @param stagingAt byte position of scratch for {@link #stagingBytes}
   */
  void load(
      MemorySegment x,
      long planeAt,
      int channels,
      long from,
      long to,
      MemorySegment scratch,
      long rowAt,
      long stagingAt) {
    long pitchBytes = pitch * VECTOR;
    long rowBytes = (long) width * Float.BYTES;
    moves.touch(
        x,
        planeAt + from * rowBytes,
        (to - from) * rowBytes,
        planeBytes,
        from < to ? channels : 0,
        scratch,
        stagingAt);
    if (width >= SHORT_ROW) {
      for (long row = from; row < to; row++) {
        long at = rowAt + (row - from) * pitchBytes + left * VECTOR;
        turn(x, planeAt, channels, row * width, (row + 1) * width, scratch, at);
      }
    } else if (from < to) {
      // Behind a moved last block the earlier pixels are turned again.
      long first = Math.max(0, Math.min(from * width, to * width - LANES));
      turn(x, planeAt, channels, first, to * width, scratch, stagingAt);
      long source = stagingAt + (from * width - first) * VECTOR;
      setApart(scratch, source, rowAt, (int) (to - from), left, width, right);
      return;
    }
    for (long row = from; row < to; row++) {
      long at = rowAt + (row - from) * pitchBytes;
      moves.zero(scratch, at, left * LANES);
      moves.zero(scratch, at + (left + width) * VECTOR, right * LANES);
    }
  }

  /** Copies rows of pixels that follow one another, each between its padding. */
  private static void setApart(
      MemorySegment scratch, long from, long to, int rows, int left, int width, int right) {
    scratch = NATIVE.cast(scratch);
    FloatVector zero = FloatVector.zero(SPECIES);
    long source = from;
    long target = to;
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < left; i++) {
        zero.intoMemorySegment(scratch, target, ORDER);
        target += VECTOR;
      }
      for (int i = 0; i < width; i++) {
        FloatVector.fromMemorySegment(SPECIES, scratch, source, ORDER)
            .intoMemorySegment(scratch, target, ORDER);
        source += VECTOR;
        target += VECTOR;
      }
      for (int i = 0; i < right; i++) {
        zero.intoMemorySegment(scratch, target, ORDER);
        target += VECTOR;
      }
    }
  }

  /** Turns at least a vector of neighbouring pixels; the last block moves back into the others. */
  private void turn(
      MemorySegment x,
      long planeAt,
      int channels,
      long first,
      long end,
      MemorySegment scratch,
      long at) {
    int whole = (int) (end - first) / LANES * LANES;
    long source = planeAt + first * Float.BYTES;
    moves.transpose(x, source, planeBytes, scratch, at, VECTOR, channels, whole);
    if (whole < end - first) {
      long back = end - LANES - first;
      moves.transpose(
          x,
          source + back * Float.BYTES,
          planeBytes,
          scratch,
          at + back * VECTOR,
          VECTOR,
          channels,
          LANES);
    }
  }
}
