package dev.conv4j.cli;

import dev.conv4j.BackendReport;
import dev.conv4j.Engine;
import dev.conv4j.cli.output.Json;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.spi.DeviceInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code conv4j devices}. */
@Command(
    name = "devices",
    description = "Lists each backend with its devices, or why it is absent; preferred ones first.",
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    footerHeading = "%nExamples:%n",
    footer = {"  conv4j devices", "  conv4j devices --json | jq -r '.backends[].devices[].id'"})
final class DevicesCommand implements Callable<Integer> {

  private static final int NAME_WIDTH = 16;

  private final Terminal terminal;

  @Option(names = "--json", description = "Print JSON instead.")
  private boolean json;

  DevicesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<BackendReport> reports = Engine.devices();
    if (json) {
      Json.to(Json.STDOUT, terminal).write(document(reports));
    } else if (reports.isEmpty()) {
      terminal.out().println("no backend is on the class path");
    } else {
      reports.forEach(this::print);
    }
    terminal.out().flush();
    return Exit.OK;
  }

  private void print(BackendReport report) {
    if (report.devices().isEmpty()) {
      terminal.out().println(terminal.bold(report.backend()) + "  absent: " + report.absence());
      return;
    }
    terminal.out().println(terminal.bold(report.backend()));
    if (!report.warning().isEmpty()) {
      terminal.out().println("  warning: " + report.warning());
    }
    for (DeviceInfo device : report.devices()) {
      terminal.out().println("  " + terminal.bold(device.id()) + "  " + device.name());
      property("driver", device.driver());
      property("compute units", String.valueOf(device.computeUnits()));
      if (device.memoryBytes() > 0) {
        property(
            "memory",
            String.format(Locale.ROOT, "%.1f GiB", device.memoryBytes() / (double) (1L << 30)));
      }
      device.properties().forEach(this::property);
    }
  }

  private void property(String name, String value) {
    terminal.out().printf(Locale.ROOT, "    %-" + NAME_WIDTH + "s %s%n", name, value);
  }

  private static Map<String, Object> document(List<BackendReport> reports) {
    return Map.of("backends", reports.stream().map(DevicesCommand::backend).toList());
  }

  private static Map<String, Object> backend(BackendReport report) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("backend", report.backend());
    fields.put("present", !report.devices().isEmpty());
    fields.put("absence", report.absence());
    fields.put("warning", report.warning());
    fields.put("devices", report.devices().stream().map(DevicesCommand::device).toList());
    return fields;
  }

  private static Map<String, Object> device(DeviceInfo device) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", device.id());
    fields.put("name", device.name());
    fields.put("driver", device.driver());
    fields.put("memory_bytes", device.memoryBytes());
    fields.put("compute_units", device.computeUnits());
    fields.put("properties", device.properties());
    return fields;
  }
}
