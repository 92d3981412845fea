package dev.conv4j.cpu.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much memory the process could still touch without being killed for it. Linux hands out more
 * than there is and ends the process when it uses it; so what is asked for is compared with what
 * there is. Other systems refuse by themselves.
 */
public final class FreeMemory {

  private static final long KIBI = 1024;

  private final Path root;

  /**
   * @param root {@code /}, or a folder that looks like it
   */
  FreeMemory(Path root) {
    this.root = root;
  }

  /**
   * Returns the bytes the machine, and every control group around this process, has available; -1
   * when it does not say.
   */
  public static long bytes() {
    return new FreeMemory(Path.of("/")).read();
  }

  long read() {
    long machine = entry(text("proc/meminfo"), "MemAvailable:");
    long available = machine < 0 ? -1 : machine * KIBI;
    for (String line : text("proc/self/cgroup").split("\n", -1)) {
      if (line.startsWith("0::/")) {
        Path mount = Path.of("sys/fs/cgroup");
        for (Path group = mount.resolve(line.substring(4));
            group != null && group.startsWith(mount);
            group = group.getParent()) {
          available = least(available, left(group));
        }
      }
    }
    return available;
  }

  /**
   * Returns what a control group's limit leaves; cached files count as free, as they are given up.
   */
  private long left(Path group) {
    long limit = number(text(group + "/memory.max"));
    long used = number(text(group + "/memory.current"));
    if (limit < 0 || used < 0) {
      return -1;
    }
    long cached = Math.max(0, entry(text(group + "/memory.stat"), "inactive_file "));
    return Math.max(0, limit - used + cached);
  }

  private static long least(long a, long b) {
    return a < 0 ? b : b < 0 ? a : Math.min(a, b);
  }

  private static long entry(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> number(line.substring(name.length()).replace("kB", "").strip()))
        .findFirst()
        .orElse(-1);
  }

  private static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }

  private String text(String path) {
    try {
      return Files.readString(root.resolve(path)).strip();
    } catch (IOException | SecurityException absent) {
      return "";
    }
  }
}
