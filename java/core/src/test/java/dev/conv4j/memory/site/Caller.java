package dev.conv4j.memory.site;

import dev.conv4j.memory.LeakDetector;

/** A caller of the library, as seen by the leak detector: outside of the library's packages. */
public final class Caller {

  private Caller() {}

  public static LeakDetector.Watch open(
      LeakDetector detector, Object handle, Object label, Runnable release) {
    return detector.watch(handle, label, 12, release);
  }
}
