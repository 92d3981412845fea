package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.code.LineFormula;

/** The transforms of all tiles, as arithmetic on lines of vectors. */
final class Formulas {

  private Formulas() {}

  /** The input to {@link FourPoints}. */
  static LineFormula fourPointInput() {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, 4);
    f.result(f.difference(x[0], x[2]));
    f.result(f.sum(x[1], x[2]));
    f.result(f.difference(x[2], x[1]));
    f.result(f.difference(x[3], x[1]));
    return f;
  }

  /** Two results from {@link FourPoints}, for filters of three taps. */
  static LineFormula fourPointOutputTwo() {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, 4);
    f.result(f.sum(f.sum(x[1], x[2]), x[0]));
    f.result(f.sum(f.difference(x[1], x[2]), x[3]));
    return f;
  }

  /** The input to {@link SixPoints}. */
  static LineFormula sixPointInput() {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, 6);
    int negA = f.constant(-SixPoints.AA);
    int negB = f.constant(-SixPoints.BB);
    int product = f.constant(SixPoints.AA * SixPoints.BB);
    int negSum = f.constant(-(SixPoints.AA + SixPoints.BB));
    int evenA = f.productAndSum(x[2], negB, x[4]);
    int oddA = f.product(f.productAndSum(x[1], negB, x[3]), f.constant(SixPoints.A));
    int evenB = f.productAndSum(x[2], negA, x[4]);
    int oddB = f.product(f.productAndSum(x[1], negA, x[3]), f.constant(SixPoints.B));
    f.result(f.productAndSum(x[0], product, f.productAndSum(x[2], negSum, x[4])));
    f.result(f.sum(evenA, oddA));
    f.result(f.difference(evenA, oddA));
    f.result(f.sum(evenB, oddB));
    f.result(f.difference(evenB, oddB));
    f.result(f.productAndSum(x[1], product, f.productAndSum(x[3], negSum, x[5])));
    return f;
  }

  /** Four results from {@link SixPoints}, for filters of three taps. */
  static LineFormula sixPointOutputFour() {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, 6);
    int sumA = f.sum(x[1], x[2]);
    int difA = f.difference(x[1], x[2]);
    int sumB = f.sum(x[3], x[4]);
    int difB = f.difference(x[3], x[4]);
    int a = f.constant(SixPoints.A);
    int b = f.constant(SixPoints.B);
    int aa = f.constant(SixPoints.AA);
    int bb = f.constant(SixPoints.BB);
    int aaa = f.constant(SixPoints.AA * SixPoints.A);
    int bbb = f.constant(SixPoints.BB * SixPoints.B);
    f.result(f.sum(f.sum(sumA, sumB), x[0]));
    f.result(f.productAndSum(difB, b, f.product(difA, a)));
    f.result(f.productAndSum(sumB, bb, f.product(sumA, aa)));
    f.result(f.productAndSum(difB, bbb, f.productAndSum(difA, aaa, x[5])));
    return f;
  }

  /** Two results from {@link SixPoints}, for filters of five taps. */
  static LineFormula sixPointOutputTwo() {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, 6);
    int sumA = f.sum(x[1], x[2]);
    int difA = f.difference(x[1], x[2]);
    int sumB = f.sum(x[3], x[4]);
    int difB = f.difference(x[3], x[4]);
    f.result(f.sum(f.sum(sumA, sumB), x[0]));
    int ofA = f.productAndSum(difA, f.constant(SixPoints.A), x[5]);
    f.result(f.productAndSum(difB, f.constant(SixPoints.B), ofA));
    return f;
  }

  /**
   * By any matrix: for filters, which are transformed once.
   *
   * @param matrix a row for each vector of a line's result
   */
  static LineFormula matrix(float[][] matrix) {
    LineFormula f = new LineFormula();
    int[] x = inputs(f, matrix[0].length);
    for (float[] row : matrix) {
      int sum = f.constant(0);
      for (int j = 0; j < row.length; j++) {
        sum = f.productAndSum(x[j], f.constant(row[j]), sum);
      }
      f.result(sum);
    }
    return f;
  }

  /** One vector as it is. */
  static LineFormula copy() {
    LineFormula f = new LineFormula();
    f.result(f.input());
    return f;
  }

  private static int[] inputs(LineFormula f, int count) {
    int[] inputs = new int[count];
    for (int i = 0; i < count; i++) {
      inputs[i] = f.input();
    }
    return inputs;
  }
}
