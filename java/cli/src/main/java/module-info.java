import dev.conv4j.cli.bench.Peer;
import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.conv4j.cli {
  requires com.fasterxml.jackson.jr.ob;
  requires dev.conv4j.core;
  requires info.picocli;
  requires java.desktop;
  requires static transitive org.jspecify;

  exports dev.conv4j.cli.bench;

  opens dev.conv4j.cli to
      info.picocli;

  uses Peer;
}
