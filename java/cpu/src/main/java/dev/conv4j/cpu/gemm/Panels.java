package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;

/**
 * How columns are cut into panels: as wide as the microkernel, the last one narrow where that is
 * enough.
 *
 * @param width columns of a panel
 * @param narrow columns of a narrow one
 * @param columns columns of a group
 */
public record Panels(int width, int narrow, long columns) {

  /** Panels for {@link Kernels#wide}. */
  public static Panels ofColumns(Kernels kernels, long columns) {
    return new Panels(kernels.columns(), kernels.narrow().columns(), columns);
  }

  /** Panels for {@link Kernels#plane}. */
  public static Panels ofFilters(Kernels kernels, long columns) {
    return new Panels(kernels.plane().filters(), kernels.plane().filters(), columns);
  }

  /** Returns the number of panels. */
  public int count() {
    return Math.toIntExact(Math.ceilDiv(columns, width));
  }

  /** Returns whether the narrow microkernel is enough. */
  public boolean isNarrow(int panel) {
    return columns - firstColumn(panel) <= narrow;
  }

  /** Returns the columns of a panel with its padding. */
  public int widthOf(int panel) {
    return isNarrow(panel) ? narrow : width;
  }

  /** Returns the first column of a panel. */
  public long firstColumn(int panel) {
    return (long) panel * width;
  }

  /** Returns the columns a panel really has. */
  public int columnsIn(int panel) {
    return (int) Math.min(width, columns - firstColumn(panel));
  }

  /** Returns the columns of all panels with their padding. */
  public long paddedColumns() {
    int last = count() - 1;
    return firstColumn(last) + widthOf(last);
  }
}
