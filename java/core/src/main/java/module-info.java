import org.jspecify.annotations.NullMarked;

/** The engine's API, the backend SPI, and the pooled memory every backend shares. */
@NullMarked
module dev.conv4j.core {
  requires jdk.jfr;
  requires static transitive org.jspecify;

  exports dev.conv4j;
  exports dev.conv4j.memory;
  exports dev.conv4j.spi;
  exports dev.conv4j.spi.kernels;
  exports dev.conv4j.spi.operator;

  uses dev.conv4j.spi.BackendProvider;
}
