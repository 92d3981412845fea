package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.testkit.ConversionConformance;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NothingIsFound.class)
class CudaConversionTest extends ConversionConformance {

  @Override
  protected String device() {
    return "cuda:0";
  }

  /** Otherwise what is compared above would be the host with itself. */
  @Test
  void everyPairOfTypesIsConvertedOnTheDevice(@TempDir Path cache) {
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      var kernel = device.algorithms(ConversionProblem.FAMILY).getFirst();
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          ConversionProblem problem =
              new ConversionProblem(Shape.of(2, 3, 5, 7), from, Layout.NHWC, to, Layout.NCHW);
          assertInstanceOf(Verdict.Yes.class, kernel.check(problem), problem::toString);
          kernel.compile(problem);
          assertInstanceOf(Verdict.Yes.class, kernel.check(problem), problem::toString);
        }
      }
      device.memory().close();
    }
  }
}
