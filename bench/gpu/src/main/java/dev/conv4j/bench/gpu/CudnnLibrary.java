package dev.conv4j.bench.gpu;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds and loads cuDNN 9: where it is told, where the system's loader finds it, or in the Python
 * packages of this machine, since PyTorch brings it along.
 */
final class CudnnLibrary {

  /** Names the folder or the file to take before all others. */
  static final String VARIABLE = "CONV4J_CUDNN";

  private static final String FILE = "libcudnn.so.9";

  /** What cuDNN wants beside itself, in the order of need; found by name once it is loaded. */
  private static final List<String> NEEDS =
      List.of("libnvrtc.so", "libcublasLt.so", "libcublas.so");

  private CudnnLibrary() {}

  /**
   * Loads it.
   *
   * @param place a folder or file to take, or empty to search
   * @throws IllegalArgumentException saying in one line why there is none
   */
  static NativeLibrary load(String place) {
    List<String> tried = new ArrayList<>();
    for (Path file : places(place)) {
      if (Files.isRegularFile(file)) {
        try {
          preload(file);
          return NativeLibrary.at(file);
        } catch (IllegalArgumentException broken) {
          tried.add(file + " does not load");
        }
      }
    }
    if (place.isEmpty()) {
      try {
        return NativeLibrary.named(FILE);
      } catch (IllegalArgumentException missing) {
        tried.add("the system's loader does not know it");
      }
    }
    throw new IllegalArgumentException(
        "no "
            + FILE
            + " ("
            + (tried.isEmpty() ? "not at " + place : String.join("; ", tried))
            + "); set "
            + VARIABLE
            + " to its folder");
  }

  private static List<Path> places(String place) {
    String told = place.isEmpty() ? System.getenv().getOrDefault(VARIABLE, "") : place;
    if (!told.isEmpty()) {
      Path path = Path.of(told);
      return List.of(Files.isDirectory(path) ? path.resolve(FILE) : path);
    }
    List<Path> found = new ArrayList<>();
    for (Path prefix : pythons()) {
      for (Path site : children(prefix.resolve("lib"), "python")) {
        for (String packages : List.of("site-packages", "dist-packages")) {
          found.add(site.resolve(packages).resolve("nvidia/cudnn/lib").resolve(FILE));
        }
      }
    }
    return found;
  }

  /** The folders that Pythons are installed in: those of the search path, and usual places. */
  private static Set<Path> pythons() {
    Set<Path> prefixes = new LinkedHashSet<>();
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path python = Path.of(folder.isEmpty() ? "." : folder, "python3");
      if (Files.isExecutable(python)) {
        addPrefix(prefixes, python.toAbsolutePath().normalize());
        try {
          // A link into a virtual environment, one step at a time: its end is the system's Python.
          Path link = python;
          while (Files.isSymbolicLink(link)) {
            Path parent = link.getParent();
            link = (parent == null ? Path.of(".") : parent).resolve(Files.readSymbolicLink(link));
            addPrefix(prefixes, link.toAbsolutePath().normalize());
          }
        } catch (IOException unreadable) {
          // What was found so far is all there is to this one.
        }
      }
    }
    for (String root : List.of("/opt", "/usr", "/usr/local", System.getProperty("user.home"))) {
      prefixes.add(Path.of(root));
      for (Path child : children(Path.of(root), "")) {
        prefixes.add(child);
        prefixes.add(child.resolve(".venv"));
        prefixes.add(child.resolve("venv"));
      }
    }
    return prefixes;
  }

  private static void addPrefix(Set<Path> prefixes, Path python) {
    Path bin = python.getParent();
    if (bin != null && bin.getParent() != null) {
      prefixes.add(bin.getParent());
    }
  }

  private static List<Path> children(Path folder, String prefix) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
          .filter(Files::isDirectory)
          .sorted()
          .toList();
    } catch (IOException | SecurityException unreadable) {
      return List.of();
    }
  }

  /** The packages lie side by side: nvidia/cudnn/lib, nvidia/cublas/lib or nvidia/cu13/lib. */
  private static void preload(Path cudnn) {
    Path lib = cudnn.getParent();
    Path vendor = lib == null || lib.getParent() == null ? null : lib.getParent().getParent();
    if (vendor == null) {
      return;
    }
    for (String need : NEEDS) {
      for (Path sibling : children(vendor, "")) {
        try (Stream<Path> files = Files.list(sibling.resolve("lib"))) {
          files
              .filter(file -> String.valueOf(file.getFileName()).matches(need + "\\.[0-9]+"))
              .forEach(NativeLibrary::at);
        } catch (IOException | IllegalArgumentException notThere) {
          // In another package, or not needed: cuDNN says so itself if it is.
        }
      }
    }
  }
}
