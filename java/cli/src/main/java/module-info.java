import dev.conv4j.cli.peer.Peer;
import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.conv4j.cli {
  requires com.fasterxml.jackson.jr.ob;
  requires com.j2html;
  requires transitive dev.conv4j.core;
  requires dev.conv4j.onnx;
  requires info.picocli;
  requires java.desktop;
  requires jdk.management;
  requires static transitive org.jspecify;

  exports dev.conv4j.cli.peer;

  opens dev.conv4j.cli to
      info.picocli;

  uses Peer;
}
