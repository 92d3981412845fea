import org.jspecify.annotations.NullMarked;

/** The conformance suite, the oracle and the problem corpus; for tests, never shipped. */
@NullMarked
module dev.conv4j.testkit {
  requires transitive dev.conv4j.core;
  requires transitive org.junit.jupiter.api;
  requires static transitive org.jspecify;

  exports dev.conv4j.testkit;
}
