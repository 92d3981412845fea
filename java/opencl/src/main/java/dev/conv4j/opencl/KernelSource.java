package dev.conv4j.opencl;

import dev.conv4j.DeviceFailureException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text of a kernel file. Includes are resolved here, because a driver has no path to look them
 * up in.
 */
final class KernelSource {

  private static final Pattern INCLUDE = Pattern.compile("#include \"([a-z0-9_]+\\.cl)\"");

  private final Map<String, String> texts = new ConcurrentHashMap<>();
  private final UnaryOperator<String> files;

  /**
   * @param files returns a file's text by its name
   */
  KernelSource(UnaryOperator<String> files) {
    this.files = files;
  }

  /** Returns the kernels packed into the jar. */
  static KernelSource packed() {
    return new KernelSource(KernelSource::resource);
  }

  /** Returns a kernel file with its includes in place. */
  String text(String stem) {
    return texts.computeIfAbsent(stem, name -> expand(name + ".cl"));
  }

  private String expand(String file) {
    return files
        .apply(file)
        .lines()
        .map(line -> {
          var include = INCLUDE.matcher(line);
          return include.matches() ? expand(include.group(1)) : line;
        })
        .collect(Collectors.joining("\n", "", "\n"));
  }

  static String resource(String file) {
    try (InputStream in = KernelSource.class.getResourceAsStream("kernels/" + file)) {
      if (in == null) {
        throw new DeviceFailureException("the jar has no kernel file " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new DeviceFailureException("kernel file " + file + " cannot be read", broken);
    }
  }
}
