package dev.conv4j.cuda;

import dev.conv4j.Axes;

/**
 * Which operands of a product lie so that they can be copied in aligned vectors of neighbours: all
 * of a vector is in the tensor or all of it is outside.
 *
 * @param view the product
 * @param vector elements of a vector
 */
record GemmVectors(GemmView view, int vector) {

  /** Returns whether x has vectors along the sum. */
  boolean xAlongSum() {
    return xAlong(view.sum(), view.column());
  }

  /** Returns whether x has vectors along columns. */
  boolean xAlongColumns() {
    return xAlong(view.column(), view.sum());
  }

  private boolean xAlong(IndexMap fast, IndexMap slow) {
    boolean aligned = whole(view.xGroup(), view.groups()) && whole(slow.xOuter(), slow.outer());
    return aligned && (outerAlong(fast) || widthAlong(fast, slow));
  }

  /** Neighbours are channels of one pixel. */
  private boolean outerAlong(IndexMap fast) {
    boolean runs = fast.outerFastest() || fast.extents().product() == 1;
    return runs && fast.xOuter() == 1 && fast.outer() % vector == 0 && view.xPixel() % vector == 0;
  }

  /** Neighbours are pixels, and no filter moves them: what {@link GemmView#flat} makes of 1x1. */
  private boolean widthAlong(IndexMap fast, IndexMap slow) {
    long width = view.x().w();
    boolean flat = view.x().equals(new Axes(1, 1, width)) && view.xPixel() == 1;
    boolean still = slow.extents().equals(Axes.ONES) && slow.base().equals(Axes.ZEROS);
    boolean direct =
        !fast.outerFastest()
            && fast.extents().equals(view.x())
            && fast.step().w() == 1
            && fast.base().equals(Axes.ZEROS);
    return flat && still && direct && width % vector == 0 && whole(fast.xOuter(), fast.outer());
  }

  /** Returns whether a has vectors along the sum. */
  boolean aAlongSum() {
    return runs(view.sum())
        && whole(view.aRow(), view.rows())
        && whole(view.aGroup(), view.groups());
  }

  /** Returns whether a has vectors along rows. */
  boolean aAlongRows() {
    return view.aRow() == 1
        && view.rows() % vector == 0
        && whole(view.sum())
        && whole(view.aGroup(), view.groups());
  }

  /** Returns whether y has vectors, along rows where those are its neighbours, else columns. */
  boolean ofY() {
    if (!whole(view.yGroup(), view.groups())) {
      return false;
    }
    if (view.yRow() != 1) {
      return runs(view.column()) && whole(view.yRow(), view.rows());
    }
    return view.rows() % vector == 0 && whole(view.column());
  }

  /** Returns whether every index leads to a multiple of a vector in the other tensor. */
  private boolean whole(IndexMap map) {
    return map.otherBase() % vector == 0
        && whole(map.otherOuter(), map.outer())
        && whole(map.other().d(), map.extents().d())
        && whole(map.other().h(), map.extents().h())
        && whole(map.other().w(), map.extents().w());
  }

  /**
   * Returns whether neighbours of an index are neighbours in the other tensor, vector by vector.
   */
  private boolean runs(IndexMap map) {
    long[] extents = {map.extents().w(), map.extents().h(), map.extents().d(), map.outer()};
    long[] strides = {map.other().w(), map.other().h(), map.other().d(), map.otherOuter()};
    if (map.outerFastest()) {
      extents = new long[] {map.outer(), map.extents().w(), map.extents().h(), map.extents().d()};
      strides = new long[] {map.otherOuter(), map.other().w(), map.other().h(), map.other().d()};
    }
    long run = 1;
    boolean dense = true;
    for (int digit = 0; digit < extents.length; digit++) {
      if (extents[digit] == 1) {
        continue;
      }
      dense &= strides[digit] == run;
      if (dense) {
        run *= extents[digit];
      } else if (strides[digit] % vector != 0) {
        return false;
      }
    }
    return run % vector == 0 && map.otherBase() % vector == 0;
  }

  private boolean whole(long stride, long extent) {
    return extent == 1 || stride % vector == 0;
  }
}
