package dev.conv4j.cpu.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Reads /proc and /sys. */
final class LinuxFacts {

  private final Path root;

  /**
   * @param root {@code /}, or a folder that looks like it
   */
  LinuxFacts(Path root) {
    this.root = root;
  }

  Processor.Facts read() {
    String info = text("proc/cpuinfo");
    return new Processor.Facts(
        name(info), cores(), cache(1), secondLevel(info), splitsWideVectors(info));
  }

  private static String name(String info) {
    String model = field(info, "model name");
    // Arm does not name the model; Debian's kernels name the board instead.
    return model.isEmpty() ? field(info, "Hardware") : model;
  }

  /** Counts distinct cores among the CPUs this process is bound to. */
  private int cores() {
    Set<String> cores = new HashSet<>();
    for (int cpu : parseList(field(text("proc/self/status"), "Cpus_allowed_list"))) {
      String topology = "sys/devices/system/cpu/cpu" + cpu + "/topology/";
      String core = text(topology + "core_id");
      if (core.isEmpty()) {
        return 0;
      }
      cores.add(text(topology + "physical_package_id") + "." + core);
    }
    return cores.size();
  }

  private long cache(int level) {
    for (int index = 0; index < 8; index++) {
      String folder = "sys/devices/system/cpu/cpu0/cache/index" + index + "/";
      if (text(folder + "level").equals(Integer.toString(level))
          && !text(folder + "type").equals("Instruction")) {
        return parseSize(text(folder + "size"));
      }
    }
    return 0;
  }

  /** Some virtual machines hide the folders; of AMD's processors cpuinfo names this cache too. */
  private long secondLevel(String info) {
    long bytes = cache(2);
    if (bytes > 0) {
      return bytes;
    }
    return isAmd(info) ? parseSize(field(info, "cache size").replace(" KB", "K")) : 0;
  }

  /** The fourth generation of Zen does; the third, of the same family, has no 512 bits. */
  private static boolean splitsWideVectors(String info) {
    return isAmd(info) && field(info, "cpu family").equals("25");
  }

  private static boolean isAmd(String info) {
    return field(info, "vendor_id").equals("AuthenticAMD");
  }

  /** Reads {@code 48K}. */
  static long parseSize(String size) {
    if (!size.matches("\\d{1,9}[KM]?")) {
      return 0;
    }
    long number = Long.parseLong(size.replaceAll("[KM]", ""));
    return size.endsWith("K") ? number << 10 : size.endsWith("M") ? number << 20 : number;
  }

  /** Reads {@code 0-3,8}; nothing where it is malformed. */
  static Set<Integer> parseList(String list) {
    Set<Integer> numbers = new HashSet<>();
    for (String part : list.split(",", -1)) {
      if (!part.matches("\\d{1,6}(-\\d{1,6})?")) {
        return Set.of();
      }
      String[] ends = part.split("-", -1);
      for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
        numbers.add(i);
      }
    }
    return numbers;
  }

  private static String field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name) && line.indexOf(':') > 0)
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }

  private String text(String path) {
    try {
      return Files.readString(root.resolve(path)).strip();
    } catch (IOException | SecurityException absent) {
      return "";
    }
  }
}
