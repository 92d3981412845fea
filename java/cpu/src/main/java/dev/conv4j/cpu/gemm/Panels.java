package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Microkernel;

/**
 * How columns are cut into panels: as wide as the microkernel, the last one narrow where that is
 * enough.
 *
 * @param kernels the microkernels
 * @param columns columns of a group
 */
record Panels(Kernels kernels, long columns) {

  /** Returns the number of panels. */
  int count() {
    return Math.toIntExact(Math.ceilDiv(columns, kernels.columns()));
  }

  /** Returns the microkernel of a panel. */
  Microkernel kernel(int panel) {
    return columns - firstColumn(panel) <= kernels.narrow().columns()
        ? kernels.narrow()
        : kernels.wide();
  }

  /** Returns the first column of a panel. */
  long firstColumn(int panel) {
    return (long) panel * kernels.columns();
  }

  /** Returns the columns a panel really has. */
  int columnsIn(int panel) {
    return (int) Math.min(kernels.columns(), columns - firstColumn(panel));
  }

  /** Returns the columns of all panels with their padding. */
  long paddedColumns() {
    int last = count() - 1;
    return firstColumn(last) + kernel(last).columns();
  }
}
