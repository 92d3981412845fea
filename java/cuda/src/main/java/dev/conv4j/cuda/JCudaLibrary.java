package dev.conv4j.cuda;

import dev.conv4j.spi.kernels.CacheDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads JCuda's native library from a place nobody else can write to. JCuda itself extracts to a
 * fixed name in the shared temporary directory and loads whatever lies there; it reads the property
 * {@code java.io.tmpdir} when it does so, and takes a file that is there already. So the library is
 * written first, verified, into a private directory, which is the temporary directory for exactly
 * that moment. (The JDK itself reads that property once, at start: nothing else sees the change.)
 */
final class JCudaLibrary {

  private static final String NAME = "JCudaDriver-12.6.0";
  private static final String BINDING = "jcuda.driver.JCudaDriver";
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaLibrary() {}

  /**
   * Loads the library and initialises JCuda's driver binding.
   *
   * @throws LinkageError if it does not load
   * @throws IOException if this system has no build of it, or it cannot be written anywhere
   */
  static synchronized void load() throws IOException, ClassNotFoundException {
    Path library = extract();
    String before = System.getProperty(TEMPORARY, "");
    System.setProperty(TEMPORARY, String.valueOf(library.getParent()));
    try {
      Class.forName(BINDING, true, JCudaLibrary.class.getClassLoader());
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }

  private static Path extract() throws IOException {
    String file = fileName();
    Class<?> neighbour;
    try {
      // Found without being initialised, which would load the library.
      neighbour = Class.forName(BINDING, false, JCudaLibrary.class.getClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new IOException("JCuda is not on the class path", missing);
    }
    try (InputStream in = neighbour.getResourceAsStream("/lib/" + file)) {
      if (in == null) {
        throw new IOException("JCuda has no library " + file + ", or it is not on the class path");
      }
      return CacheDirectory.open().contentAddressed(file, in.readAllBytes());
    }
  }

  private static String fileName() {
    String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String arch = machine.equals("amd64") ? "x86_64" : machine;
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");
    return windows ? NAME + "-windows-" + arch + ".dll" : "lib" + NAME + "-linux-" + arch + ".so";
  }
}
