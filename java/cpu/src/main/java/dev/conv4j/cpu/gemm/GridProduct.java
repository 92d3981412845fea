package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.epilogue.TileEpilogue;

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
      Panels panels,
      TileEpilogue epilogue) {
    return new GridProduct(
        grid,
        depth,
        blocking,
        pixels(view, grid, depth, blocking, panels),
        store(view, grid, blocking, panels, epilogue));
  }

  private static PixelPanels pixels(
      GemmView view, Grid grid, Depth depth, Blocking blocking, Panels panels) {
    if (view.layout() == Layout.NCHW) {
      return new PlanePanels(view, grid, depth, blocking, panels.kernels());
    }
    return InPlaceRows.fits(grid)
        ? new InPlaceRows(view, grid, depth, panels.kernels())
        : new RowPanels(view, grid, depth, blocking, panels.kernels());
  }

  private static ResultStore store(
      GemmView view, Grid grid, Blocking blocking, Panels panels, TileEpilogue epilogue) {
    if (view.layout() == Layout.NHWC) {
      return new RowStore(view, grid, epilogue);
    }
    return grid.isDense()
        ? new PlaneStore(view, grid, blocking, panels, epilogue)
        : new ScatterStore(view, grid, blocking, panels);
  }

  /** Returns the blocks of all rows of the batch, groups and slices. */
  long blocks(GemmView view) {
    return view.batch() * view.groups() * grid.d().count() * blocking.count();
  }

  /** Returns one of those blocks; those of one image follow one another. */
  PointBlock block(int index, GemmView view, long place) {
    long inPlane = place % blocking.count();
    long rest = place / blocking.count();
    long slice = rest % grid.d().count();
    rest /= grid.d().count();
    return blocking.block(index, rest / view.groups(), rest % view.groups(), slice, inPlane);
  }
}
