import org.jspecify.annotations.NullMarked;

/** conv4j with every backend: the one module a program requires. */
@NullMarked
module dev.conv4j {
  requires transitive dev.conv4j.core;
  requires dev.conv4j.cpu;
}
