package dev.conv4j.opencl;

import dev.conv4j.spi.kernels.CacheDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads JOCL's native library from a place nobody else can write to. JOCL itself extracts to a
 * fixed name in the shared temporary directory and loads whatever lies there; it reads the property
 * {@code java.io.tmpdir} when it does so, and takes a file that is there already. So the library is
 * written first, verified, into a private directory, which is the temporary directory for exactly
 * that moment. (The JDK itself reads that property once, at start: nothing else sees the change.)
 */
final class JoclLibrary {

  private static final String NAME = "JOCL_2_0_6";
  private static final String TEMPORARY = "java.io.tmpdir";

  private JoclLibrary() {}

  /**
   * Loads the library and initialises JOCL.
   *
   * @throws LinkageError if this system has no build of it, or it does not load
   * @throws IOException if it cannot be written anywhere
   */
  static synchronized void load() throws IOException, ClassNotFoundException {
    Path library = extract();
    String before = System.getProperty(TEMPORARY, "");
    System.setProperty(TEMPORARY, String.valueOf(library.getParent()));
    try {
      Class.forName("org.jocl.CL", true, JoclLibrary.class.getClassLoader());
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }

  private static Path extract() throws IOException {
    String file = fileName();
    Class<?> neighbour;
    try {
      // Found without being initialised, which would load the library.
      neighbour = Class.forName("org.jocl.CL", false, JoclLibrary.class.getClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new IOException("JOCL is not on the class path", missing);
    }
    try (InputStream in = neighbour.getResourceAsStream("/lib/" + file)) {
      if (in == null) {
        throw new IOException("JOCL has no library " + file);
      }
      return CacheDirectory.open().contentAddressed(file, in.readAllBytes());
    }
  }

  private static String fileName() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    boolean arm = machine.equals("aarch64") || machine.startsWith("arm64");
    String arch = arm ? "arm64" : "x86_64";
    if (os.startsWith("windows")) {
      return NAME + "-windows-" + arch + ".dll";
    }
    return os.startsWith("mac")
        ? "lib" + NAME + "-apple-" + arch + ".dylib"
        : "lib" + NAME + "-linux-" + arch + ".so";
  }
}
