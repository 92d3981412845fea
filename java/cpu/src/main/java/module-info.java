import org.jspecify.annotations.NullMarked;

/** The CPU backend: convolution with the Vector API, or with plain loops where that is missing. */
@NullMarked
module dev.conv4j.cpu {
  requires dev.conv4j.core;
  requires jdk.incubator.vector;
  requires jdk.management;

  provides dev.conv4j.spi.BackendProvider with
      dev.conv4j.cpu.CpuBackend;
}
