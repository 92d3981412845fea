package dev.conv4j.cpu.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Asks sysctl. */
final class MacFacts {

  private MacFacts() {}

  static Processor.Facts read() {
    // Efficiency cores would make every parallel loop wait for them.
    long fast = number(sysctl("hw.perflevel0.physicalcpu"));
    long cores = fast > 0 ? fast : number(sysctl("hw.physicalcpu"));
    return new Processor.Facts(
        sysctl("machdep.cpu.brand_string"),
        (int) cores,
        number(sysctl("hw.l1dcachesize")),
        number(sysctl("hw.l2cachesize")),
        false);
  }

  private static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  private static String sysctl(String name) {
    try {
      Process process =
          new ProcessBuilder(List.of("/usr/sbin/sysctl", "-n", name))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException absent) {
      return "";
    }
  }
}
