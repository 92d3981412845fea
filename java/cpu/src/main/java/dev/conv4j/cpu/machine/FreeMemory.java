package dev.conv4j.cpu.machine;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** How much native memory the JVM could still hand out. */
public final class FreeMemory {

  private FreeMemory() {}

  /**
   * Returns the least of what the JVM's limit on direct memory leaves and what the machine, or the
   * container, has; -1 when neither is known.
   */
  public static long bytes() {
    long machine = system().map(OperatingSystemMXBean::getFreeMemorySize).orElse(-1L);
    long limit = directLimit();
    if (limit < 0) {
      return machine;
    }
    long left = Math.max(0, limit - directUsed());
    return machine < 0 ? left : Math.min(left, machine);
  }

  static Optional<OperatingSystemMXBean> system() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean
        ? Optional.of(bean)
        : Optional.empty();
  }

  private static long directLimit() {
    HotSpotDiagnosticMXBean bean =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      String value = bean == null ? "" : bean.getVMOption("MaxDirectMemorySize").getValue();
      if (value.matches("\\d{1,19}")) {
        long limit = Long.parseUnsignedLong(value);
        return limit == 0 ? Runtime.getRuntime().maxMemory() : limit;
      }
    } catch (IllegalArgumentException notHotSpot) {
      // Another JVM has no such option.
    }
    return -1;
  }

  private static long directUsed() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
