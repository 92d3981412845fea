package dev.conv4j;

import dev.conv4j.memory.LeakLevel;
import dev.conv4j.spi.DeviceSettings;
import dev.conv4j.spi.MemoryResource;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is opened with. Immutable.
 *
 * @param device {@code backend} or {@code backend:index}; null takes the environment's
 *     CONV4J_DEVICE, else the best usable device
 * @param settings threads and executor
 * @param memoryLimit bytes the engine may hold on the device: tensors, packed filters and scratch
 *     together
 * @param leakLevel how forgotten handles are found
 * @param instrument wraps the raw memory, below budget and pool: poisoning, fault injection,
 *     tracing
 */
public record EngineOptions(
    @Nullable String device,
    DeviceSettings settings,
    long memoryLimit,
    LeakLevel leakLevel,
    UnaryOperator<MemoryResource> instrument) {

  /**
   * The best device, one thread per core, no limit, leak level from the property {@code
   * conv4j.leak}.
   */
  public static final EngineOptions DEFAULT =
      new EngineOptions(
          null,
          DeviceSettings.DEFAULT,
          Long.MAX_VALUE,
          LeakLevel.fromProperty(),
          UnaryOperator.identity());

  /**
   * Checks the numbers.
   *
   * @throws InvalidArgumentException if the limit is not positive or threads are negative
   */
  public EngineOptions {
    if (memoryLimit < 1) {
      throw new InvalidArgumentException("memoryLimit", memoryLimit, "at least 1 byte");
    }
    if (settings.threads() < 0) {
      throw new InvalidArgumentException("threads", settings.threads(), "0 (one per core) or more");
    }
  }

  /** Returns the same options for another device. */
  public EngineOptions withDevice(@Nullable String spelling) {
    return new EngineOptions(spelling, settings, memoryLimit, leakLevel, instrument);
  }

  /** Returns the same options with that many worker threads, 0 for one per physical core. */
  public EngineOptions withThreads(int threads) {
    return new EngineOptions(
        device,
        new DeviceSettings(threads, settings.executor()),
        memoryLimit,
        leakLevel,
        instrument);
  }

  /** Returns the same options with work items run by the caller's executor. */
  public EngineOptions withExecutor(@Nullable Executor executor) {
    return new EngineOptions(
        device,
        new DeviceSettings(settings.threads(), executor),
        memoryLimit,
        leakLevel,
        instrument);
  }

  /** Returns the same options with a budget in bytes. */
  public EngineOptions withMemoryLimit(long bytes) {
    return new EngineOptions(device, settings, bytes, leakLevel, instrument);
  }

  /** Returns the same options with another leak level. */
  public EngineOptions withLeakLevel(LeakLevel level) {
    return new EngineOptions(device, settings, memoryLimit, level, instrument);
  }

  /** Returns the same options with the raw memory wrapped. */
  public EngineOptions withInstrument(UnaryOperator<MemoryResource> wrapper) {
    return new EngineOptions(device, settings, memoryLimit, leakLevel, wrapper);
  }
}
