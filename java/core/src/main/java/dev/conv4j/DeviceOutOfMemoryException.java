package dev.conv4j;

import java.util.ArrayList;
import java.util.List;

/**
 * The device, or the engine's byte budget, has no room. Thrown only after the pool was trimmed and
 * the allocation retried, or trimming could not have made enough room; see {@link #attempts()}.
 * Carries the state of the pool at that moment, all sizes in bytes.
 */
public final class DeviceOutOfMemoryException extends Conv4jException {

  private static final long serialVersionUID = 1L;

  /**
   * The pool when the allocation failed.
   *
   * @param requested bytes asked for
   * @param free bytes the budget still allowed, or the device reported free; -1 when unknown
   * @param pooled bytes held by the pool and not in use
   * @param largestFreeBlock the largest contiguous pooled block
   * @param fragmentation {@code 1 - largestFreeBlock / pooled}, 0 when nothing is pooled
   * @param topOwners the largest live allocations, largest first
   * @param attempts what was tried before giving up, in order
   */
  public record Report(
      long requested,
      long free,
      long pooled,
      long largestFreeBlock,
      double fragmentation,
      List<Owner> topOwners,
      List<String> attempts) {

    /** Copies the lists. */
    public Report {
      topOwners = List.copyOf(topOwners);
      attempts = List.copyOf(attempts);
    }
  }

  /**
   * A live allocation.
   *
   * @param label what it is for, for example {@code tensor [1, 64, 56, 56] f32}
   * @param bytes its size
   */
  public record Owner(String label, long bytes) {}

  /** The device that is full. */
  private final String device;

  /** The pool when the allocation failed. */
  private final transient Report report;

  /**
   * @param device the device that is full, for example {@code cpu:0}
   * @param report the pool when the allocation failed
   */
  public DeviceOutOfMemoryException(String device, Report report) {
    super(sentence(device, report));
    this.device = device;
    this.report = report;
  }

  private static String sentence(String device, Report r) {
    StringBuilder text =
        new StringBuilder(
            "device " + device + " is out of memory: requested " + r.requested + " bytes");
    if (r.free >= 0) {
      text.append(", free ").append(r.free);
    }
    text.append(", pooled ").append(r.pooled).append(" (largest block ").append(r.largestFreeBlock);
    text.append(
        String.format(java.util.Locale.ROOT, ", fragmentation %.0f %%)", 100 * r.fragmentation));
    if (!r.attempts.isEmpty()) {
      text.append("; tried: ").append(String.join(", ", r.attempts));
    }
    if (!r.topOwners.isEmpty()) {
      text.append("; largest owner: ").append(r.topOwners.getFirst().label());
      text.append(" with ").append(r.topOwners.getFirst().bytes()).append(" bytes");
    }
    return text.toString();
  }

  /**
   * Returns the same failure after one more attempt, which failed too.
   *
   * @param attempt what was tried
   */
  public DeviceOutOfMemoryException after(String attempt) {
    List<String> all = new ArrayList<>(report.attempts);
    all.add(attempt);
    var later =
        new DeviceOutOfMemoryException(
            device,
            new Report(
                report.requested,
                report.free,
                report.pooled,
                report.largestFreeBlock,
                report.fragmentation,
                report.topOwners,
                all));
    later.initCause(this);
    return later;
  }

  /** Returns the device that is full. */
  public String device() {
    return device;
  }

  /** Returns the bytes asked for. */
  public long requested() {
    return report.requested;
  }

  /** Returns the bytes the budget still allowed or the device reported free, -1 when unknown. */
  public long free() {
    return report.free;
  }

  /** Returns the bytes held by the pool and not in use. */
  public long pooled() {
    return report.pooled;
  }

  /** Returns the size of the largest contiguous pooled block. */
  public long largestFreeBlock() {
    return report.largestFreeBlock;
  }

  /** Returns {@code 1 - largestFreeBlock / pooled}. */
  public double fragmentation() {
    return report.fragmentation;
  }

  /** Returns the largest live allocations, largest first. */
  public List<Owner> topOwners() {
    return report.topOwners;
  }

  /** Returns what was tried before giving up, in order. */
  public List<String> attempts() {
    return report.attempts;
  }
}
