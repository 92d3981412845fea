package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.testkit.ConversionConformance;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConversionTest extends ConversionConformance {

  @BeforeEach
  void present() {
    TestDevices.assumePresent();
  }

  @Override
  protected String device() {
    return "opencl";
  }

  @Test
  void onlyWhatWouldBeRoundedTwiceIsLeftToTheHost() {
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    DeviceDescription description = Platforms.devices().getFirst();
    try (OpenClDevice device = new OpenClDevice(description, KernelSource.packed(), none)) {
      var kernel = device.algorithms(ConversionProblem.FAMILY).getFirst();
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          boolean twice = to == DType.BF16 && (from == DType.F64 || from == DType.I32);
          ConversionProblem problem =
              new ConversionProblem(Shape.of(2, 3, 5, 7), from, Layout.NCHW, to, Layout.NHWC);
          boolean taken = kernel.check(problem) instanceof Verdict.Yes;
          assertEquals(!twice, taken, problem::toString);
          if (taken) {
            // Examined on the way; a kernel that is wrong throws, and is not replaced by the host.
            kernel.compile(problem);
          }
        }
      }
      device.memory().close();
    }
  }
}
