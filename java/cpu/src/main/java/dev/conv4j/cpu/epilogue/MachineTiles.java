package dev.conv4j.cpu.epilogue;

import static dev.conv4j.cpu.code.MachineCode.address;

import dev.conv4j.cpu.code.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The end of tiles of whole vectors of neighbouring channels in machine code: a network's first run
 * finishes millions of sums before the compiler has come to loops of vectors. All memory is checked
 * before a call and no more within it, so it must be the library's own, which nobody frees
 * meanwhile.
 */
final class MachineTiles {

  private static final int LANES = VectorTiles.LANES;

  /** The most rows of a call, which the garbage collector waits for. */
  private static final int ROWS = 1024;

  /** Emitted once. */
  private static final Optional<MachineTiles> HERE = emitted();

  /** By vectors of a row, the first for one. */
  private final List<MachineCode> byVectors;

  private MachineTiles(List<MachineCode> byVectors) {
    this.byVectors = byVectors;
  }

  /** Returns them, or nothing where there is no machine code. */
  static Optional<MachineTiles> here() {
    return HERE;
  }

  private static Optional<MachineTiles> emitted() {
    List<MachineCode> all =
        IntStream.rangeClosed(1, VectorTiles.COLUMNS / LANES)
            .mapToObj(MachineCode::finish)
            .flatMap(Optional::stream)
            .toList();
    return all.size() == VectorTiles.COLUMNS / LANES
        ? Optional.of(new MachineTiles(all))
        : Optional.empty();
  }

  /**
   * {@code out = min(max(sums + bias + residual, low), high)}, as far as whole vectors of columns
   * reach.
   *
   * @return how many columns are done
   */
  int finish(
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
      int columns,
      float low,
      float high) {
    int done = 0;
    while (columns - done >= LANES) {
      int vectors = Math.min(columns - done, VectorTiles.COLUMNS) / LANES;
      long skip = (long) done * Float.BYTES;
      for (int row = 0; row < rows; row += ROWS) {
        strip(
            vectors,
            sums,
            sumsAt + skip + row * sumsStride,
            sumsStride,
            bias,
            biasAt + skip,
            residual,
            out,
            outAt + skip + row * outStride,
            outStride,
            Math.min(rows - row, ROWS),
            low,
            high);
      }
      done += vectors * LANES;
    }
    return done;
  }

  private void strip(
      int vectors,
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
    long bytes = (long) vectors * LANES * Float.BYTES;
    long from = address(sums, sumsAt, rows, sumsStride, bytes);
    long add = address(bias, biasAt, bytes);
    long to = address(out, outAt, rows, outStride, bytes);
    long more = residual == null ? 0 : address(residual, outAt, rows, outStride, bytes);
    int least = Float.floatToRawIntBits(low);
    int most = Float.floatToRawIntBits(high);
    MachineCode code = byVectors.get(vectors - 1);
    code.call(rows, from, add, to, outStride, more, sumsStride, least, most);
  }
}
