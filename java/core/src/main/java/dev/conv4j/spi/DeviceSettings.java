package dev.conv4j.spi;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the caller decides about a device when opening it. Backends ignore what does not concern
 * them.
 *
 * @param threads worker threads for a CPU, 0 for one per physical core
 * @param executor runs the CPU's work items instead of threads of the engine's own, or null;
 *     results are the same
 */
public record DeviceSettings(int threads, @Nullable Executor executor) {

  /** One thread per physical core, owned by the device. */
  public static final DeviceSettings DEFAULT = new DeviceSettings(0, null);
}
