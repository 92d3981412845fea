package dev.conv4j.cli.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The devices of a benchmark, all open at once.
 *
 * @param list the stations, in order
 */
public record Stations(List<Station> list) implements AutoCloseable {

  /**
   * Opens every device with every number of threads.
   *
   * @param devices spellings
   * @param threads CPU threads, 0 for one per physical core
   */
  public static Stations open(List<String> devices, List<Integer> threads) {
    List<Station> opened = new ArrayList<>();
    try {
      for (String device : devices) {
        Station.open(device, threads, opened);
      }
      return new Stations(opened);
    } catch (RuntimeException | Error failed) {
      opened.forEach(Station::close);
      throw failed;
    }
  }

  /** Returns the numbers of CPU threads in use, at least one. */
  public List<Integer> threads() {
    List<Integer> used =
        list.stream().map(Station::threads).filter(count -> count > 0).distinct().toList();
    return used.isEmpty() ? List.of(Runtime.getRuntime().availableProcessors()) : used;
  }

  @Override
  public void close() {
    list.forEach(Station::close);
  }
}
