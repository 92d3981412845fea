package dev.conv4j.cpu.gemm;

/** Tiles in scratch, one behind the other, with a group of points for each product. */
abstract class GatheredTiles implements PixelPanels {

  private final long tileBytes;

  /**
   * @param tileBytes from a tile to the next
   */
  GatheredTiles(long tileBytes) {
    this.tileBytes = tileBytes;
  }

  /** Returns the bytes from a tile to the next. */
  final long tileBytes() {
    return tileBytes;
  }

  @Override
  public final long tileAt(PointBlock block, int tile, int segment, long at) {
    return at + tile * tileBytes;
  }

  @Override
  public final boolean areRows() {
    return false;
  }

  @Override
  public final long pointStride() {
    return Float.BYTES;
  }
}
