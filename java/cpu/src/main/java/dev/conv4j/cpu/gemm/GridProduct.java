package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;

/**
 * One grid's products made ready: how its points are cut, where they are gathered and where they
 * go.
 *
 * @param grid the points
 * @param depth how sums are cut
 * @param blocking how points are cut
 * @param pixels the source's side
 * @param store the result's side
 */
record GridProduct(
    Grid grid, Depth depth, Blocking blocking, PixelPanels pixels, ResultStore store) {

  static GridProduct of(
      GemmView view,
      Grid grid,
      Depth depth,
      Blocking blocking,
      Kernels kernels,
      boolean explicit,
      TileEpilogue epilogue) {
    return new GridProduct(
        grid,
        depth,
        blocking,
        explicit
            ? matrix(view, grid, depth, blocking, kernels)
            : pixels(view, grid, depth, blocking, kernels),
        ResultStore.of(view, grid, blocking.points(), kernels, epilogue));
  }

  private static PixelPanels pixels(
      GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    if (WindowRows.fits(view, grid, blocking, kernels) && !GroupedRows.pays(view, grid, kernels)) {
      return new WindowRows(view, grid, depth, blocking, kernels);
    }
    if (!view.tapByTap()) {
      return new PlanePanels(view, grid, depth, blocking, kernels);
    }
    PixelPanels rows =
        view.layout() == Layout.NHWC && InPlaceRows.fits(grid)
            ? new InPlaceRows(view, grid, depth, kernels)
            : new RowPanels(view, grid, depth, blocking, kernels);
    return GroupedRows.pays(view, grid, kernels)
        ? new GroupedRows(rows, depth, blocking, kernels)
        : rows;
  }

  private static PixelPanels matrix(
      GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    return view.tapByTap()
        ? new RowPanels(view, grid, depth, blocking, kernels)
        : new MatrixPanels(view, grid, depth, blocking, kernels);
  }
}
