package dev.conv4j.cli;

import dev.conv4j.BackendReport;
import dev.conv4j.DeviceAbsentException;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --device LIST|all}, as {@code bench} and {@code verify} take it. */
final class DeviceOption {

  private static final String ALL = "all";

  @Option(
      names = "--device",
      paramLabel = "LIST|all",
      description =
          "Devices such as cpu or opencl:1, separated by commas. Default: CONV4J_DEVICE, else all.")
  private @Nullable String list;

  /**
   * Returns the spelling of each device, in order.
   *
   * @throws DeviceAbsentException if all are wanted and there is none
   */
  List<String> spellings() {
    String wanted = list != null ? list : System.getenv().getOrDefault("CONV4J_DEVICE", ALL);
    if (wanted.isBlank() || wanted.strip().equals(ALL)) {
      return all();
    }
    List<String> named = Stream.of(wanted.split(",", -1)).map(String::strip).toList();
    if (named.contains("")) {
      throw new InvalidArgumentException(
          "device list", "'" + wanted + "'", "names separated by commas, or all");
    }
    return List.copyOf(new LinkedHashSet<>(named));
  }

  private static List<String> all() {
    List<BackendReport> reports = Engine.devices();
    List<String> ids =
        reports.stream().flatMap(r -> r.devices().stream()).map(info -> info.id()).toList();
    if (ids.isEmpty()) {
      throw new DeviceAbsentException(
          "(any)",
          reports.isEmpty()
              ? "no backend is on the class path"
              : reports.stream()
                  .map(report -> report.backend() + ": " + report.absence())
                  .collect(Collectors.joining("; ")));
    }
    return ids;
  }
}
