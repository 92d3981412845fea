package dev.conv4j.cpu.machine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The processor as this process may use it: limits of a container, and CPUs it is bound to, count.
 *
 * @param name the model
 * @param logicalCpus CPUs the JVM may use
 * @param cores physical cores among them
 * @param memoryBytes memory the process may use
 * @param l1Bytes first-level data cache of a core
 * @param l2Bytes second-level cache of a core
 * @param splitsWideVectors whether an instruction of 512 bits takes two turns of a unit of 256
 */
public record Processor(
    String name,
    int logicalCpus,
    int cores,
    long memoryBytes,
    long l1Bytes,
    long l2Bytes,
    boolean splitsWideVectors) {

  private static final class Holder {
    static final Processor THIS = detect();
  }

  /** Returns this machine's processor; found out once. */
  public static Processor local() {
    return Holder.THIS;
  }

  private static Processor detect() {
    int logical = Runtime.getRuntime().availableProcessors();
    Facts facts = Facts.ofThisSystem();
    int cores = facts.cores() > 0 ? Math.min(facts.cores(), logical) : logical;
    String name = facts.name().isEmpty() ? System.getProperty("os.arch") : facts.name();
    return new Processor(
        name,
        logical,
        cores,
        totalMemory(),
        facts.l1Bytes() > 0 ? facts.l1Bytes() : 32 << 10,
        facts.l2Bytes() > 0 ? facts.l2Bytes() : 512 << 10,
        facts.splitsWideVectors());
  }

  private static long totalMemory() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  /**
   * What the operating system says; 0 or empty where it does not.
   *
   * @param name the model
   * @param cores physical cores the process may run on
   * @param l1Bytes first-level data cache
   * @param l2Bytes second-level cache
   * @param splitsWideVectors whether it is known to take 512 bits in two turns
   */
  record Facts(String name, int cores, long l1Bytes, long l2Bytes, boolean splitsWideVectors) {

    static Facts ofThisSystem() {
      String system = System.getProperty("os.name", "");
      if (system.startsWith("Linux")) {
        return new LinuxFacts(java.nio.file.Path.of("/")).read();
      }
      if (system.startsWith("Mac")) {
        return MacFacts.read();
      }
      // Windows names the model in the environment and tells cores only through native calls.
      String model = System.getenv("PROCESSOR_IDENTIFIER");
      return new Facts(model == null ? "" : model, 0, 0, 0, false);
    }
  }

  /** Returns the JDK's name and version, what drives this device. */
  public static String runtime() {
    return "JDK "
        + Runtime.version()
        + " ("
        + ManagementFactory.getRuntimeMXBean().getVmName()
        + ")";
  }
}
