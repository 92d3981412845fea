package dev.conv4j.cpu.winograd;

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
  static Transform twoByThree() {
    return new Transform(
        2,
        3,
        8,
        new FourPointInput(),
        new MatrixTransform(FourPoints.filter()),
        new FourPointOutputTwo());
  }

  /** F(4, 3). */
  static Transform fourByThree() {
    return new Transform(
        4,
        3,
        32,
        new SixPointInput(),
        new MatrixTransform(SixPoints.filter(3)),
        new SixPointOutputFour());
  }

  /** F(2, 5). */
  static Transform twoByFive() {
    return new Transform(
        2,
        5,
        32,
        new SixPointInput(),
        new MatrixTransform(SixPoints.filter(5)),
        new SixPointOutputTwo());
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
