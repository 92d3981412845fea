package dev.conv4j.cpu.winograd;

/**
 * How the tiles of a batch are cut into blocks: whole lines of tiles, one below the other and image
 * after image, or pieces of one line where lines are long. Where the cuts are changes no sum.
 *
 * @param images rows of the batch
 * @param rows lines of tiles in an image
 * @param columns tiles in a line
 * @param blockLines lines in a block
 * @param blockColumns tiles of each line in a block
 */
record Tiling(long images, long rows, long columns, int blockLines, int blockColumns) {

  /**
   * Tiles that one thread computes at a time.
   *
   * @param line the first line, counted through all images
   * @param lines lines
   * @param column the first tile of each line
   * @param columns tiles of each line
   */
  record Block(long line, int lines, long column, int columns) {

    int tiles() {
      return lines * columns;
    }
  }

  private long pieces() {
    return Math.ceilDiv(columns, blockColumns);
  }

  /** Returns the number of blocks. */
  long blocks() {
    return Math.ceilDiv(images * rows, blockLines) * pieces();
  }

  /** Returns the share of all blocks' lines that are there. */
  double fullness() {
    double lines = (double) images * rows;
    return lines / (Math.ceilDiv(images * rows, blockLines) * blockLines);
  }

  /** Returns a block. */
  Block block(long index) {
    long line = index / pieces() * blockLines;
    long column = index % pieces() * blockColumns;
    return new Block(
        line,
        (int) Math.min(blockLines, images * rows - line),
        column,
        (int) Math.min(blockColumns, columns - column));
  }

  /** Returns the lines from one on that a block has in the same image. */
  int linesOfImage(Block block, int from) {
    long inImage = rows - (block.line() + from) % rows;
    return (int) Math.min(inImage, block.lines() - from);
  }

  /** Returns the image of a line. */
  long image(long line) {
    return line / rows;
  }

  /** Returns the place of a line in its image. */
  long row(long line) {
    return line % rows;
  }

  /** Returns the most tiles of a block. */
  int blockTiles() {
    return blockLines * blockColumns;
  }

  /** Returns the most lines that a block has of one image. */
  int blockImageLines() {
    return (int) Math.min(rows, blockLines);
  }
}
