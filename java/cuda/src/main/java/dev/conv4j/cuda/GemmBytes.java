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

  /** Returns how the operands of a product lie for copies of 16 bytes. */
  GemmVectors vectors(GemmView view) {
    return new GemmVectors(view, VECTOR / elementBytes);
  }

  /**
   * Returns whether vectors of x may leave out what is padded: that is zero in the copy, so zero
   * must be x's zero point, or be multiplied by an a whose zero point it is.
   */
  boolean padsWithZeros(GemmView view) {
    return xFill == 0 || (!aZero && !leavesX(view));
  }

  private static boolean leavesX(GemmView view) {
    return !view.plain().pad().equals(Axes.ZEROS) || !view.plain().up().equals(Axes.ZEROS);
  }
}
