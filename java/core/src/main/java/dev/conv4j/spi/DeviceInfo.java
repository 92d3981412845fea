package dev.conv4j.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A device as the user sees it.
 *
 * @param backend the backend's name
 * @param index its place among the backend's devices
 * @param name the model
 * @param driver name and version of what drives it; part of the tuning and quarantine keys
 * @param memoryBytes its memory, 0 when unknown
 * @param computeUnits cores, compute units or multiprocessors
 * @param properties more facts, in the order they should be shown
 */
public record DeviceInfo(
    String backend,
    int index,
    String name,
    String driver,
    long memoryBytes,
    int computeUnits,
    Map<String, String> properties) {

  /** Copies the map, keeping its order. */
  public DeviceInfo {
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }

  /** Returns the spelling that opens this device: {@code cuda:0}. */
  public String id() {
    return backend + ":" + index;
  }
}
