package dev.conv4j.memory;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A handle to device memory that is open, or was forgotten.
 *
 * @param label what it is, for example {@code tensor [1, 64, 56, 56] f32}
 * @param bytes the memory behind it
 * @param site where it was made, the caller of this library first; empty where the {@link
 *     LeakLevel} did not ask for it
 */
public record WatchedHandle(String label, long bytes, List<StackTraceElement> site) {

  /** Copies the list. */
  public WatchedHandle {
    site = List.copyOf(site);
  }

  /** Returns the site as lines of a stack trace, or the empty string. */
  public String siteLines() {
    return site.stream().map(frame -> "\tat " + frame).collect(Collectors.joining("\n"));
  }
}
