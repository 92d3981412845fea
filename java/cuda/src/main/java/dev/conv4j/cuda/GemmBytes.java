package dev.conv4j.cuda;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.spi.ConvProblem;

/**
 * What a GEMM kernel has to know of the operands' types: codes, and for bytes how they become
 * signed and where their zero is.
 *
 * @param types what {@link KernelRun#types} says
 * @param elementBytes the size of an element of both operands
 * @param xFill what x is where it is padded, as stored
 * @param xUnsigned whether x is of unsigned bytes
 * @param aUnsigned whether a is of unsigned bytes
 * @param aZero whether a has a zero point other than 0
 */
record GemmBytes(
    int types, int elementBytes, int xFill, boolean xUnsigned, boolean aUnsigned, boolean aZero) {

  private static final int VECTOR = 16;
  private static final int TOP_BITS = 0x80808080;

  static GemmBytes of(ConvProblem problem) {
    ConvOptions options = problem.options();
    DType x = CudaAlgorithm.firstType(options);
    DType a = CudaAlgorithm.secondType(options);
    boolean zeros = options.quantization().filterZeros().stream().anyMatch(zero -> zero != 0);
    return new GemmBytes(
        KernelRun.types(options),
        x.bytes(),
        options.quantization().inputZero(),
        x == DType.U8,
        a == DType.U8,
        zeros);
  }

  int xFlip() {
    return xUnsigned ? TOP_BITS : 0;
  }

  int aFlip() {
    return aUnsigned ? TOP_BITS : 0;
  }

  /** Returns whether a zero point is left when both operands are read as signed. */
  boolean zeroPoints() {
    return xFill != 0 || xUnsigned || aUnsigned || aZero;
  }

  /**
   * Returns whether x can be copied in vectors along the sum: the outer digit runs fastest and in
   * neighbours, and everything else moves by whole vectors. What such a copy leaves out is zero, so
   * that must be x's zero point, or be multiplied by an a whose zero point it is.
   */
  boolean vectorsOfX(GemmView view) {
    int vector = VECTOR / elementBytes;
    IndexMap sum = view.sum();
    boolean zeros = xFill == 0 || (!aZero && !leavesX(view));
    return zeros
        && sum.outerFastest()
        && sum.xOuter() == 1
        && sum.outer() % vector == 0
        && view.xPixel() % vector == 0
        && view.column().xOuter() % vector == 0
        && view.xGroup() % vector == 0;
  }

  /** Returns whether a can be copied in vectors along the sum. */
  boolean vectorsOfA(GemmView view) {
    int vector = VECTOR / elementBytes;
    IndexMap sum = view.sum();
    Axes other = sum.other();
    return sum.outerFastest()
        && sum.otherOuter() == 1
        && sum.outer() % vector == 0
        && view.aRow() % vector == 0
        && view.aGroup() % vector == 0
        && sum.otherBase() % vector == 0
        && other.d() % vector == 0
        && other.h() % vector == 0
        && other.w() % vector == 0;
  }

  private static boolean leavesX(GemmView view) {
    return !view.plain().pad().equals(Axes.ZEROS) || !view.plain().up().equals(Axes.ZEROS);
  }
}
