package dev.conv4j.peer.onednn;

import dev.conv4j.cli.peer.Peer.Availability;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/** Where the build unpacked the libraries, and those of them that are loaded. */
final class Natives {

  /** The newest. */
  static final String ONEDNN = "onednn";

  /** The last one that has Winograd. */
  static final String WINOGRAD = "onednn-winograd";

  private static final Map<String, OneDnn> LOADED = new HashMap<>();

  private Natives() {}

  /** Looks for a library and loads it. */
  static Availability probe(String name) {
    String here = platform();
    String built = facts().getProperty("platform");
    if (!here.equals(built)) {
      return new Availability.Absent("its libraries are for " + built + ", and this is " + here);
    }
    try {
      return new Availability.Present(load(name).version());
    } catch (IllegalArgumentException missing) {
      return new Availability.Absent(String.valueOf(missing.getMessage()));
    }
  }

  /** Returns a library, loaded once. */
  static synchronized OneDnn load(String name) {
    return LOADED.computeIfAbsent(name, fresh -> new OneDnn(directory(fresh)));
  }

  private static Path directory(String name) {
    Path path = Path.of(facts().getProperty("directory"), name, "org/bytedeco/dnnl", platform());
    if (!Files.isDirectory(path)) {
      throw new IllegalArgumentException("there is no " + path);
    }
    return path;
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    return (os.startsWith("linux") ? "linux" : os) + "-" + (arch.equals("amd64") ? "x86_64" : arch);
  }

  private static Properties facts() {
    Properties facts = new Properties();
    try (InputStream in = Natives.class.getResourceAsStream("natives.properties")) {
      facts.load(in);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return facts;
  }
}
