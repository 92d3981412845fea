package dev.conv4j.cli;

import dev.conv4j.spi.DeviceInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What every result must carry.
 *
 * @param devices the devices in use
 */
public record Machine(List<DeviceInfo> devices) {

  /** Copies the list. */
  public Machine {
    devices = List.copyOf(devices);
  }

  /** Returns the facts under their public keys. */
  public Map<String, Object> toJson() {
    BuildInfo build = BuildInfo.load();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("cpu", cpu());
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put(
        "os",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    facts.put("version", build.version());
    facts.put("commit", build.commit());
    facts.put("devices", devices.stream().map(Machine::device).toList());
    return facts;
  }

  private static Map<String, Object> device(DeviceInfo info) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", info.id());
    fields.put("name", info.name());
    fields.put("driver", info.driver());
    return fields;
  }

  private static String cpu() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException notLinux) {
      return System.getProperty("os.arch");
    }
  }
}
