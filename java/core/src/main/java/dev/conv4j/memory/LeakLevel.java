package dev.conv4j.memory;

import dev.conv4j.InvalidArgumentException;
import java.util.Locale;

/**
 * How forgotten handles are found, as in Netty. From {@link #SIMPLE} on, their memory is also given
 * back.
 */
public enum LeakLevel {
  /** Not at all: a forgotten handle keeps its memory until the engine closes. */
  OFF,
  /** Every handle is watched; a leak is reported with its size and label. */
  SIMPLE,
  /** Also with the allocation site, for a sample of the handles. */
  ADVANCED,
  /** Also with the allocation site, for every handle. */
  PARANOID;

  /**
   * Returns the level the property {@code conv4j.leak} names, {@link #SIMPLE} when it is not set.
   */
  public static LeakLevel fromProperty() {
    String name = System.getProperty("conv4j.leak", "simple");
    for (LeakLevel level : values()) {
      if (level.name().toLowerCase(Locale.ROOT).equals(name)) {
        return level;
      }
    }
    throw new InvalidArgumentException(
        "property conv4j.leak", "'" + name + "'", "off, simple, advanced or paranoid");
  }
}
