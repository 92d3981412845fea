package dev.conv4j.cpu.epilogue;

import static dev.conv4j.cpu.code.MachineCode.address;

import dev.conv4j.cpu.code.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The same as {@link VectorTiles} in machine code: a network's first run finishes millions of sums
 * before the compiler has come to loops of vectors.
 */
final class MachineTiles {

  private static final long STRIP = (long) VectorTiles.COLUMNS * Float.BYTES;

  private final MachineCode code;

  private MachineTiles(MachineCode code) {
    this.code = code;
  }

  /** Returns them, or nothing where there is no machine code. */
  static Optional<MachineTiles> here() {
    return MachineCode.finish(VectorTiles.COLUMNS / VectorTiles.LANES).map(MachineTiles::new);
  }

  /** {@code out = min(max(sums + bias + residual, low), high)}, of few rows. */
  void finish(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      MemorySegment bias,
      long biasAt,
      @Nullable MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    if (rows == 0) {
      return;
    }
    long from = address(sums, sumsAt, rows, sumsStride, STRIP);
    long add = address(bias, biasAt, STRIP);
    long to = address(out, outAt, rows, outStride, STRIP);
    long more = residual == null ? 0 : address(residual, outAt, rows, outStride, STRIP);
    int least = Float.floatToRawIntBits(low);
    int most = Float.floatToRawIntBits(high);
    code.call(rows, from, add, to, outStride, more, sumsStride, least, most);
  }
}
