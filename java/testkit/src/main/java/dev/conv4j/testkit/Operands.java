package dev.conv4j.testkit;

import dev.conv4j.DType;
import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The values of one run's operands in logical order, each exact in its type.
 *
 * @param first x, or dy for backward-data
 * @param second w, or dy for backward-filter
 * @param bias one for each result channel, or null
 * @param residual like the result, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Operands(
    double[] first, double[] second, double @Nullable [] bias, double @Nullable [] residual) {

  /** Sums of integer data stay below this, far within the 24 bits an f32 holds exactly. */
  private static final double EXACT = 1 << 22;

  /** Draws the operands of a problem. */
  static Operands draw(ConvProblem problem, Oracle oracle, DataKind kind, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    var options = problem.options();
    var epilogue = options.epilogue();
    DType firstType =
        switch (options.direction()) {
          case FORWARD, BACKWARD_FILTER -> options.inputType();
          case BACKWARD_DATA -> options.outputType();
        };
    DType secondType =
        switch (options.direction()) {
          case FORWARD, BACKWARD_DATA -> options.filterType();
          case BACKWARD_FILTER -> options.outputType();
        };
    int results = Math.toIntExact(Dims.count(oracle.resultDims()));
    int channels = oracle.resultDims()[1];
    double limit = Math.clamp(Math.floor(Math.sqrt(EXACT / oracle.terms())), 1, 8);
    return new Operands(
        values(oracle.firstDims(), firstType, kind, limit, random),
        values(oracle.secondDims(), secondType, kind, limit, random),
        epilogue.bias() ? addends(channels, options.biasType(), kind, random) : null,
        epilogue.residual() ? addends(results, options.resultType(), kind, random) : null);
  }

  private static double[] values(
      int[] dims, DType type, DataKind kind, double limit, SplittableRandom random) {
    double[] values = new double[Math.toIntExact(Dims.count(dims))];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case U8 -> extreme(random, 0, 255);
            case I8 -> extreme(random, -128, 127);
            default -> number(type, kind, limit, random);
          };
    }
    return values;
  }

  /** The ends of the range come often: they are where saturation and sign mistakes show. */
  private static double extreme(SplittableRandom random, int low, int high) {
    return switch (random.nextInt(8)) {
      case 0 -> low;
      case 1 -> high;
      default -> random.nextInt(low, high + 1);
    };
  }

  private static double[] addends(int count, DType type, DataKind kind, SplittableRandom random) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = type.isInteger() ? random.nextInt(-2000, 2001) : number(type, kind, 16, random);
    }
    return values;
  }

  private static double number(DType type, DataKind kind, double limit, SplittableRandom random) {
    return switch (kind) {
      case INTEGER -> (random.nextBoolean() ? 1 : -1) * random.nextInt(1, (int) limit + 1);
      case FLOAT -> stored(type, random.nextDouble(-1, 1));
    };
  }

  /** Returns the value a type holds when given this one. */
  static double stored(DType type, double value) {
    MemorySegment cell = MemorySegment.ofArray(new byte[8]);
    type.store(cell, 0, value);
    return type.load(cell, 0);
  }

  /** Returns the operands with their zero points taken off, as the definition multiplies them. */
  Operands centred(Quantization quantization, int filterSize) {
    if (quantization.equals(Quantization.NONE)) {
      return this;
    }
    double[] x = first.clone();
    double[] w = second.clone();
    for (int i = 0; i < x.length; i++) {
      x[i] -= quantization.inputZero();
    }
    var zeros = quantization.filterZeros();
    for (int i = 0; i < w.length; i++) {
      w[i] -= zeros.get(zeros.size() == 1 ? 0 : i / filterSize);
    }
    return new Operands(x, w, bias, residual);
  }

  /** Returns a copy of values as dense memory in logical order. */
  static MemorySegment dense(double[] values, DType type) {
    MemorySegment memory =
        Arena.ofAuto().allocate(Math.max(1, (long) values.length * type.bytes()), 64);
    for (int i = 0; i < values.length; i++) {
      type.store(memory, i, values[i]);
    }
    return memory.asSlice(0, (long) values.length * type.bytes());
  }
}
