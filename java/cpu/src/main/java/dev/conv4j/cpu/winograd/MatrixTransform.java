package dev.conv4j.cpu.winograd;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A transform by any matrix: for filters, which are transformed once. */
final class MatrixTransform implements LineKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final float[][] matrix;

  /**
   * @param matrix a row for each vector of a line's result
   */
  MatrixTransform(float[][] matrix) {
    this.matrix = matrix;
  }

  @Override
  public void run(
      MemorySegment source,
      long at,
      long step,
      long next,
      MemorySegment target,
      long to,
      long toStep,
      long toNext,
      int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int line = 0; line < count; line++) {
      for (int i = 0; i < matrix.length; i++) {
        float[] row = matrix[i];
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < row.length; j++) {
          sum =
              FloatVector.fromMemorySegment(SPECIES, source, at + line * next + j * step, ORDER)
                  .fma(FloatVector.broadcast(SPECIES, row[j]), sum);
        }
        sum.intoMemorySegment(target, to + line * toNext + i * toStep, ORDER);
      }
    }
  }
}
