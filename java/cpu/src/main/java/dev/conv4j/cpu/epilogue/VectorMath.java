package dev.conv4j.cpu.epilogue;

import static dev.conv4j.cpu.epilogue.ScalarMath.EXP;
import static dev.conv4j.cpu.epilogue.ScalarMath.LN2_HIGH;
import static dev.conv4j.cpu.epilogue.ScalarMath.LN2_LOW;
import static dev.conv4j.cpu.epilogue.ScalarMath.LOG2_E;
import static dev.conv4j.cpu.epilogue.ScalarMath.NORMAL_RANGE;
import static dev.conv4j.cpu.epilogue.ScalarMath.NORMAL_SCALE;
import static dev.conv4j.cpu.epilogue.ScalarMath.NORMAL_TAIL;
import static dev.conv4j.cpu.epilogue.ScalarMath.ROUNDER;
import static dev.conv4j.cpu.epilogue.ScalarMath.SMALLEST_EXPONENT;
import static dev.conv4j.cpu.epilogue.ScalarMath.TANH;
import static dev.conv4j.cpu.epilogue.ScalarMath.TANH_SMALL;

import dev.conv4j.cpu.vector.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ScalarMath} operation by operation in vectors: change both or neither. Each method stays
 * below the 325 bytecodes up to which the compiler inlines it; beyond, its vectors become objects.
 */
public final class VectorMath {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;

  private VectorMath() {}

  /** Not below a number; NaN stays. Two instructions, where {@code max} takes six. */
  public static FloatVector atLeast(FloatVector v, float low) {
    return v.blend(low, v.compare(VectorOperators.LE, low));
  }

  /** The same with a number that is not exceeded, as {@link ScalarMath#clip}. */
  static FloatVector clip(FloatVector v, float low, float high) {
    FloatVector raised = atLeast(v, low);
    return raised.blend(high, raised.compare(VectorOperators.GE, high));
  }

  static FloatVector hardSwish(FloatVector v) {
    return v.mul(clip(v.add(3), 0, 6).div(6));
  }

  static FloatVector sigmoid(FloatVector v) {
    FloatVector e = expOfNegative(v.abs().neg());
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    return one.blend(e, v.compare(VectorOperators.LT, 0)).div(e.add(1));
  }

  static FloatVector tanh(FloatVector v) {
    FloatVector a = v.abs();
    FloatVector z = v.mul(v);
    FloatVector p = FloatVector.broadcast(SPECIES, TANH[0]);
    p = p.fma(z, FloatVector.broadcast(SPECIES, TANH[1]));
    p = p.fma(z, FloatVector.broadcast(SPECIES, TANH[2]));
    p = p.fma(z, FloatVector.broadcast(SPECIES, TANH[3]));
    p = p.fma(z, FloatVector.broadcast(SPECIES, TANH[4]));
    FloatVector small = p.mul(z).fma(v, v);
    FloatVector e = expOfNegative(a.mul(-2));
    FloatVector large = FloatVector.broadcast(SPECIES, 1).sub(e).div(e.add(1));
    large = large.blend(large.neg(), v.compare(VectorOperators.LT, 0));
    return large.blend(small, a.compare(VectorOperators.LT, TANH_SMALL));
  }

  static FloatVector gelu(FloatVector v) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector a = v.abs().min(NORMAL_RANGE);
    FloatVector t = one.div(a.fma(FloatVector.broadcast(SPECIES, NORMAL_SCALE), one));
    FloatVector square = a.mul(a);
    FloatVector lost = a.fma(a, square.neg());
    FloatVector e = expOfNegative(square.mul(-0.5f));
    FloatVector tail = normalTail(t).mul(t).mul(e.fma(lost.mul(-0.5f), e));
    return a.neg().fma(tail, v).blend(v.mul(tail), v.compare(VectorOperators.LT, 0));
  }

  private static FloatVector normalTail(FloatVector t) {
    FloatVector u =
        t.fma(FloatVector.broadcast(SPECIES, 2.4f), FloatVector.broadcast(SPECIES, -1.4f));
    FloatVector p = FloatVector.broadcast(SPECIES, NORMAL_TAIL[0]);
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[1]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[2]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[3]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[4]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[5]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[6]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[7]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[8]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[9]));
    p = p.fma(u, FloatVector.broadcast(SPECIES, NORMAL_TAIL[10]));
    return p;
  }

  /** {@code e^x} for x up to 0. */
  public static FloatVector expOfNegative(FloatVector x) {
    FloatVector bounded = x.max(SMALLEST_EXPONENT);
    FloatVector rounder = FloatVector.broadcast(SPECIES, ROUNDER);
    FloatVector shifted = bounded.fma(FloatVector.broadcast(SPECIES, LOG2_E), rounder);
    FloatVector n = shifted.sub(rounder);
    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), bounded);
    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(SPECIES, EXP[0]);
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP[1]));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP[2]));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP[3]));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP[4]));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP[5]));
    p = p.mul(r).fma(r, r).add(1);
    FloatVector power =
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, 23)
            .add(0x3f800000)
            .reinterpretAsFloats();
    return p.mul(power).blend(0, x.compare(VectorOperators.LT, SMALLEST_EXPONENT));
  }
}
