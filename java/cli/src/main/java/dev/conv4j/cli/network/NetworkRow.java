package dev.conv4j.cli.network;

import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.peer.NetworkContender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One network on one number of threads.
 *
 * @param network the file's name
 * @param threads threads, 0 for one per core
 * @param entries what each library took, ours first
 * @param difference how outputs differ, empty when they agree
 */
public record NetworkRow(
    String network, int threads, Map<String, Entry> entries, String difference) {

  /** Our name among the entries. */
  public static final String OURS = "conv4j";

  /**
   * One library's times.
   *
   * @param version the library's, empty for ours
   * @param loadMillis from the file to ready
   * @param firstMillis the first run
   * @param millis runs, or null when outputs differ
   */
  public record Entry(
      String version, double loadMillis, double firstMillis, @Nullable Statistics millis) {}

  /** A library at work. */
  static final class Lane {
    private final String name;
    private final String version;
    private final NetworkContender contender;
    private final double loadMillis;
    private final List<Double> samples = new ArrayList<>();
    private double firstMillis;

    Lane(String name, String version, NetworkContender contender, long begin) {
      this.name = name;
      this.version = version;
      this.contender = contender;
      this.loadMillis = (System.nanoTime() - begin) / 1e6;
    }

    String name() {
      return name;
    }

    NetworkContender contender() {
      return contender;
    }

    List<Double> samples() {
      return samples;
    }

    void runFirst() {
      long start = System.nanoTime();
      contender.run();
      firstMillis = (System.nanoTime() - start) / 1e6;
    }
  }

  static NetworkRow of(Path model, int threads, List<Lane> lanes, String difference) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Lane lane : lanes) {
      Statistics millis = lane.samples.isEmpty() ? null : NetworkBench.statistics(lane.samples);
      entries.put(lane.name, new Entry(lane.version, lane.loadMillis, lane.firstMillis, millis));
    }
    return new NetworkRow(String.valueOf(model.getFileName()), threads, entries, difference);
  }

  /** Returns a library's times, or null. */
  public @Nullable Statistics millis(String name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.millis;
  }

  /** Returns a peer's median over ours. */
  public double ratio(String peer) {
    Statistics ours = millis(OURS);
    Statistics theirs = millis(peer);
    return ours == null || theirs == null ? 0 : theirs.median() / ours.median();
  }
}
