package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;

/**
 * The innermost loops of this JVM, and the only place that knows which tile suits which machine.
 *
 * @param wide matrix products, for most panels
 * @param narrow for a last panel of few columns; as many rows
 * @param packed matrix products of packed operands only; as many columns as {@code wide}
 * @param packedNarrow the same for few columns; as many as {@code narrow}, and the rows of {@code
 *     packed}
 * @param plane planes read where they lie
 * @param narrowPlane for the rest of a row; as many filters
 * @param moves data movement
 */
public record Kernels(
    RowMicrokernel wide,
    RowMicrokernel narrow,
    Microkernel packed,
    Microkernel packedNarrow,
    PlaneKernel plane,
    PlaneKernel narrowPlane,
    Moves moves) {

  /** Returns the kernels for this JVM. */
  public static Kernels best() {
    return VectorSupport.isUsable() ? Vectors.kernels() : plain();
  }

  private static Kernels plain() {
    return of(
        new PlainSgemm(64),
        new PlainSgemm(16),
        new PlainSconv(64),
        new PlainSconv(16),
        new PlainMoves());
  }

  private static Kernels of(
      RowMicrokernel wide,
      RowMicrokernel narrow,
      PlaneKernel plane,
      PlaneKernel narrowPlane,
      Moves moves) {
    return new Kernels(wide, narrow, wide, narrow, plane, narrowPlane, moves);
  }

  /** Loaded only where vectors are usable. */
  private static final class Vectors {

    /**
     * 32 registers hold 7 rows of 2 vectors, and 7 divides 14, 28, 56, 112 and 224, the extents
     * most networks have; or 8 filters, which divide their channels. 16 registers hold 6 of both.
     */
    static Kernels kernels() {
      boolean manyRegisters =
          Lanes.BITS == 512 || System.getProperty("os.arch", "").equals("aarch64");
      return manyRegisters
          ? new Kernels(
              new Sgemm7x2v(),
              new Sgemm7x1v(),
              new Sgemm8x2v(),
              new Sgemm8x1v(),
              new Sconv8x2v(),
              new Sconv8x1v(),
              new VectorMoves())
          : of(
              new Sgemm6x2v(-1),
              new Sgemm6x1v(1),
              new Sconv6x2v(1),
              new Sconv6x1v(1),
              new VectorMoves());
    }
  }

  /** Returns the rows of a tile. */
  public int rows() {
    return wide.rows();
  }

  /** Returns {@link #packed}, or {@link #packedNarrow} where that has columns enough. */
  public Microkernel packed(int columns) {
    return columns > packedNarrow.columns() ? packed : packedNarrow;
  }

  /** Returns the columns of a panel, {@link #wide}'s; a narrow one uses the first of them. */
  public int columns() {
    return wide.columns();
  }
}
