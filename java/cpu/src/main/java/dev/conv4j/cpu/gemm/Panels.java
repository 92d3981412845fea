package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PackedKernels;
import dev.conv4j.cpu.microkernel.PlaneKernels;

/**
 * How columns are cut into panels: as wide as the microkernel, the last one narrow where that is
 * enough.
 *
 * @param width columns of a panel
 * @param narrow columns of a narrow one, 0 where there are none
 * @param pitch elements in memory from one product of a panel that is not narrow to the next
 * @param columns columns of a group
 */
public record Panels(int width, int narrow, int pitch, long columns) {

  /** Panels for {@link Kernels#wide} whose columns are those of the product. */
  public static Panels ofColumns(Kernels kernels, long columns) {
    int width = kernels.columns();
    return new Panels(width, kernels.narrow().columns(), width, columns);
  }

  /** Panels for packed operands, whose columns are the product's rows. */
  public static Panels ofRows(PackedKernels kernels, long columns) {
    return new Panels(kernels.rows(), 0, Moves.GROUP, columns);
  }

  /** Panels of filters for planes in place. */
  public static Panels ofFilters(PlaneKernels kernels, long columns) {
    int width = kernels.filters();
    return new Panels(width, width, width, columns);
  }

  /** Returns the number of panels. */
  public int count() {
    return Math.toIntExact(Math.ceilDiv(columns, width));
  }

  /**
   * Returns how many panels a work item takes: all, or half of that again and again until there are
   * as many items as wanted.
   *
   * @param blocks blocks of points, each of which meets all panels
   */
  int perItem(long blocks, long itemsWanted) {
    int panels = count();
    while (panels > 1 && blocks * Math.ceilDiv(count(), panels) < itemsWanted) {
      panels = (panels + 1) / 2;
    }
    return panels;
  }

  /** Returns whether the narrow microkernel is enough. */
  public boolean isNarrow(int panel) {
    return columns - firstColumn(panel) <= narrow;
  }

  /** Returns the columns of a panel with its padding. */
  public int widthOf(int panel) {
    return isNarrow(panel) ? narrow : width;
  }

  /** Returns the elements in memory from one product of a panel to the next. */
  public int pitchOf(int panel) {
    return isNarrow(panel) ? narrow : pitch;
  }

  /** Returns the elements in memory of one product of all panels. */
  public long pitches() {
    return before(count() - 1) + pitchOf(count() - 1);
  }

  /** Returns the elements in memory of one product of the panels before one. */
  public long before(int panel) {
    return (long) panel * pitch;
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
