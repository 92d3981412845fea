package dev.conv4j.cli.bench;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import java.util.List;
import java.util.OptionalDouble;

/** A device opened with a number of threads, and the best peak seen on it in this run. */
public final class Station implements AutoCloseable {

  /** The backend that has threads of ours. */
  private static final String CPU = "cpu";

  private final Engine engine;
  private final int threads;
  private OptionalDouble peak = OptionalDouble.empty();

  private Station(Engine engine, int threads) {
    this.engine = engine;
    this.threads = threads;
  }

  /**
   * Opens a device once for each number of threads, or once when it has none of ours.
   *
   * @param device the device's spelling
   * @param threads numbers of threads, 0 for one per physical core
   * @param opened receives the stations as they open, so that the caller can close them
   */
  static void open(String device, List<Integer> threads, List<Station> opened) {
    boolean first = true;
    for (int count : threads) {
      Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice(device).withThreads(count));
      boolean threaded = engine.device().backend().equals(CPU);
      if (!threaded && !first) {
        engine.close();
        return;
      }
      int used = count == 0 ? engine.device().computeUnits() : count;
      opened.add(new Station(engine, threaded ? used : 0));
      first = false;
    }
  }

  /** Returns the opened device. */
  public Engine engine() {
    return engine;
  }

  /** Returns the device's id. */
  public String device() {
    return engine.device().id();
  }

  /** Returns the number of threads, 0 where the device has none of ours. */
  public int threads() {
    return threads;
  }

  /** Measures the peak again and keeps the best: noise only ever lowers it. */
  void measurePeak(DType type) {
    OptionalDouble now = engine.measurePeakFlops(type);
    if (now.isPresent() && (peak.isEmpty() || now.getAsDouble() > peak.getAsDouble())) {
      peak = now;
    }
  }

  /** Returns the best peak seen, in operations for each second. */
  public OptionalDouble peak() {
    return peak;
  }

  @Override
  public void close() {
    engine.close();
  }
}
