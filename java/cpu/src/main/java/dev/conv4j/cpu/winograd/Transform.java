package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.code.LineFormula;
import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.microkernel.MachineLines;
import java.util.function.Supplier;

/**
 * F(m, r): m results of a filter of r taps by m + r - 1 multiplications instead of m·r, along one
 * axis; along two of them, their squares.
 *
 * @param outputs results of a tile along an axis
 * @param taps taps of the filter along an axis
 * @param errorFactor rounding error as a multiple of a plain sum's bound, for inputs of one
 *     magnitude: an element's error comes from the whole tile
 * @param input the transform of the input
 * @param filter the transform of the filter
 * @param output the transform back
 */
record Transform(
    int outputs,
    int taps,
    double errorFactor,
    LineKernel input,
    LineKernel filter,
    LineKernel output) {

  /** F(2, 3). */
  static final Transform TWO_BY_THREE =
      new Transform(
          2,
          3,
          8,
          kernel(Formulas.fourPointInput(), FourPointInput::new),
          filter(FourPoints.filter()),
          kernel(Formulas.fourPointOutputTwo(), FourPointOutputTwo::new));

  /** F(4, 3). */
  static final Transform FOUR_BY_THREE =
      new Transform(
          4,
          3,
          32,
          kernel(Formulas.sixPointInput(), SixPointInput::new),
          filter(SixPoints.filter(3)),
          kernel(Formulas.sixPointOutputFour(), SixPointOutputFour::new));

  /** F(2, 5). */
  static final Transform TWO_BY_FIVE =
      new Transform(
          2,
          5,
          32,
          kernel(Formulas.sixPointInput(), SixPointInput::new),
          filter(SixPoints.filter(5)),
          kernel(Formulas.sixPointOutputTwo(), SixPointOutputTwo::new));

  private static LineKernel filter(float[][] matrix) {
    return kernel(Formulas.matrix(matrix), () -> new MatrixTransform(matrix));
  }

  /** Machine code where there is any. */
  static LineKernel kernel(LineFormula formula, Supplier<LineKernel> otherwise) {
    return MachineLines.of(formula).orElseGet(otherwise);
  }

  /** Returns the points along an axis, which is the input's extent of a tile too. */
  int points() {
    return outputs + taps - 1;
  }

  /** Returns the matrix products of a tile. */
  int products() {
    return points() * points();
  }
}
