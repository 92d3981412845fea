package dev.conv4j.opencl;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What NVIDIA's assembler says of a kernel when {@code -cl-nv-verbose} asks it to. OpenCL itself
 * has no question for registers.
 *
 * @param registers of a work-item
 * @param spilledBytes what a work-item keeps in memory because registers ran out: what is stored
 *     and what is loaded, together
 */
record AssemblerLog(int registers, long spilledBytes) {

  /** Makes NVIDIA's compiler write the log; others would refuse the option. */
  static final String OPTION = "-cl-nv-verbose";

  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([^']+)'");
  private static final Pattern SPILLS =
      Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");

  /**
   * Finds an entry in a build log.
   *
   * @param log of a whole program
   * @param entry the kernel's name
   * @return empty when the log does not tell, as when the driver had the kernel in its own cache
   */
  static Optional<AssemblerLog> find(String log, String entry) {
    boolean here = false;
    long spilled = 0;
    for (String line : log.lines().toList()) {
      Matcher begins = ENTRY.matcher(line);
      if (begins.find()) {
        here = begins.group(1).equals(entry);
        spilled = 0;
        continue;
      }
      Matcher spills = SPILLS.matcher(line);
      if (here && spills.find()) {
        spilled = Long.parseLong(spills.group(1)) + Long.parseLong(spills.group(2));
      }
      Matcher used = REGISTERS.matcher(line);
      if (here && used.find()) {
        return Optional.of(new AssemblerLog(Integer.parseInt(used.group(1)), spilled));
      }
    }
    return Optional.empty();
  }

  /** Returns whether a log holds anything of this kind. */
  static boolean tells(String log) {
    return REGISTERS.matcher(log).find();
  }
}
