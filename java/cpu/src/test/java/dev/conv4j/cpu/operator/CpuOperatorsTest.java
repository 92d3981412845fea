package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import dev.conv4j.testkit.OperatorConformance;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Runs once for each vector width; see the pom. Without vectors there are no kernels. */
@Tag("width")
class CpuOperatorsTest extends OperatorConformance {

  @BeforeAll
  static void widthExists() {
    int asked = VectorSupport.requestedBits();
    if (VectorSupport.isUsable() && asked != Integer.MAX_VALUE) {
      Assumptions.assumeTrue(
          asked == Lanes.BITS, () -> "this machine's vectors have only " + Lanes.BITS + " bits");
    }
  }

  @Override
  protected String device() {
    return "cpu";
  }

  @Override
  protected Set<ProblemFamily<?, ?>> families() {
    return VectorSupport.isUsable()
        ? Set.of(
            PointwiseProblem.FAMILY,
            PoolingProblem.FAMILY,
            ProductProblem.FAMILY,
            LocalResponseProblem.FAMILY,
            SoftmaxProblem.FAMILY,
            StridedCopyProblem.FAMILY)
        : Set.of();
  }
}
