package dev.conv4j.cpu.gemm;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Result points in space that use the same taps. A forward convolution is one grid, or several
 * where padding is so wide that some points see nothing else; a gradient with stride is one for
 * each residue class of its coordinates.
 *
 * @param d along depth
 * @param h along height
 * @param w along width
 */
public record Grid(GridAxis d, GridAxis h, GridAxis w) {

  static List<Grid> forward(Convolution c) {
    return List.of(
        new Grid(
            GridAxis.forward(Axis.of(c, 0)),
            GridAxis.forward(Axis.of(c, 1)),
            GridAxis.forward(Axis.of(c, 2))));
  }

  /** A forward convolution whose points that no tap reaches are grids of their own. */
  static List<Grid> reached(Convolution c) {
    return all(c, GridAxis::reached);
  }

  static List<Grid> backward(Convolution c) {
    return all(c, GridAxis::backward);
  }

  private static List<Grid> all(Convolution c, Function<Axis, List<GridAxis>> axes) {
    List<Grid> grids = new ArrayList<>();
    for (GridAxis d : axes.apply(Axis.of(c, 0))) {
      for (GridAxis h : axes.apply(Axis.of(c, 1))) {
        for (GridAxis w : axes.apply(Axis.of(c, 2))) {
          grids.add(new Grid(d, h, w));
        }
      }
    }
    return grids;
  }

  /** Returns the taps of each point. */
  int taps() {
    return d.taps().size() * h.taps().size() * w.taps().size();
  }

  /** Returns the points of one depth slice. */
  long plane() {
    return h.count() * w.count();
  }

  /** Returns whether points that follow one another do so in the result too. */
  boolean isDense() {
    return h.isWhole() && w.isWhole();
  }
}
