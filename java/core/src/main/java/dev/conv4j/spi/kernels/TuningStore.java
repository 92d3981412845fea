package dev.conv4j.spi.kernels;

import dev.conv4j.ConvOptions;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.DeviceInfo;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Measured tunings, one JSON object on each line of {@code tunings.jsonl}, keyed by problem,
 * algorithm, device, driver and the hash of the kernel's source: a new driver or a changed kernel
 * finds nothing and runs with its defaults. The workspace cap a measurement was made under is part
 * of the entry, so that a search under a tight cap does not pass for one without (MIOpen's issue
 * 2947). Later lines win. Thread-safe.
 */
public final class TuningStore {

  private static final String FILE = "tunings.jsonl";

  private final DeviceInfo device;
  private final CacheDirectory directory;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  /**
   * A measurement.
   *
   * @param tuning the tile sizes
   * @param seconds the time of one run
   * @param workspaceCap bytes of scratch that were allowed
   */
  public record Entry(Tuning tuning, double seconds, long workspaceCap) {

    /** Returns the remark that stands in an explanation beside the time. */
    public String remark() {
      return workspaceCap == Long.MAX_VALUE
          ? "time measured without a cap on scratch"
          : "time measured under a cap of " + workspaceCap + " bytes";
    }
  }

  /**
   * @param device the device
   * @param directory where the file is
   */
  public TuningStore(DeviceInfo device, CacheDirectory directory) {
    this.device = device;
    this.directory = directory;
    directory
        .read(FILE)
        .ifPresent(content ->
            new String(content, StandardCharsets.UTF_8)
                .lines()
                .map(JsonLine::parse)
                .flatMap(Optional::stream)
                .forEach(this::remember));
  }

  private void remember(Map<String, String> line) {
    try {
      if (device.name().equals(line.get("device")) && device.driver().equals(line.get("driver"))) {
        String key = line.get("problem") + " " + line.get("algorithm") + " " + line.get("kernel");
        entries.put(
            key,
            new Entry(
                parse(line.getOrDefault("tuning", "")),
                Double.parseDouble(line.getOrDefault("seconds", "")),
                Long.parseLong(line.getOrDefault("workspace_cap", ""))));
      }
    } catch (NumberFormatException damaged) {
      // A damaged line costs only itself.
    }
  }

  private static Tuning parse(String text) {
    Map<String, Integer> values = new TreeMap<>();
    for (String pair : text.strip().split(" ", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        values.put(pair.substring(0, equals), Integer.valueOf(pair.substring(equals + 1)));
      }
    }
    return Tuning.of(values);
  }

  /** Returns whether nothing was ever measured on this device. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /**
   * Returns the measurement for a problem, or null.
   *
   * @param problem the problem
   * @param algorithm the algorithm's id
   * @param kernel hash of its source
   */
  public @Nullable Entry find(ConvProblem problem, String algorithm, String kernel) {
    return entries.isEmpty() ? null : entries.get(key(problem, algorithm, kernel));
  }

  /** Keeps a measurement, replacing an older one. */
  public void put(ConvProblem problem, String algorithm, String kernel, Entry entry) {
    entries.put(key(problem, algorithm, kernel), entry);
    Map<String, String> line = new LinkedHashMap<>();
    line.put("problem", spelling(problem));
    line.put("algorithm", algorithm);
    line.put("device", device.name());
    line.put("driver", device.driver());
    line.put("kernel", kernel);
    line.put("tuning", entry.tuning().toString());
    line.put("seconds", Double.toString(entry.seconds()));
    line.put("workspace_cap", Long.toString(entry.workspaceCap()));
    directory.append(FILE, JsonLine.format(line));
  }

  private static String key(ConvProblem problem, String algorithm, String kernel) {
    return spelling(problem) + " " + algorithm + " " + kernel;
  }

  /** What decides the speed of a kernel: the epilogue does not. */
  private static String spelling(ConvProblem problem) {
    ConvOptions options = problem.options();
    return String.join(
        "/",
        problem.convolution().toString(),
        options.direction().name().toLowerCase(java.util.Locale.ROOT),
        options.inputType().spelling(),
        options.filterType().spelling(),
        options.outputType().spelling(),
        options.layout().name(),
        options.filterLayout().name());
  }
}
