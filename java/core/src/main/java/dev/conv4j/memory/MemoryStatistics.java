package dev.conv4j.memory;

/**
 * The state of an engine's memory at one moment. All sizes in bytes.
 *
 * @param inUse handed out now: tensors, packed filters, scratch, each with its rounding
 * @param requested what was asked for of that
 * @param peakInUse the most ever handed out at once
 * @param reserved held from the device now, in use or pooled
 * @param peakReserved the most ever held
 * @param limit the budget, {@link Long#MAX_VALUE} for none
 * @param live allocations handed out now
 * @param requests allocations ever asked for
 * @param hits those served without asking the device
 * @param pooled held and not in use
 * @param largestFreeBlock the largest contiguous pooled block
 */
public record MemoryStatistics(
    long inUse,
    long requested,
    long peakInUse,
    long reserved,
    long peakReserved,
    long limit,
    long live,
    long requests,
    long hits,
    long pooled,
    long largestFreeBlock) {

  /** Returns the share of requests served from the pool, 0 before the first. */
  public double hitRate() {
    return requests == 0 ? 0 : (double) hits / requests;
  }

  /**
   * Returns {@code 1 - largestFreeBlock / pooled}: 0 when the pooled memory is one block, or none.
   */
  public double fragmentation() {
    return pooled == 0 ? 0 : 1 - (double) largestFreeBlock / pooled;
  }
}
