package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A device of addresses without memory behind them: as large as one likes, and strict about what it
 * is told. Addresses are never used twice, so a stale one is seen.
 */
final class SimulatedMemory implements MemoryResource {

  record Range(long address, long bytes) implements Block {
    @Override
    public Block slice(long offset, long size) {
      Objects.checkFromIndexSize(offset, size, bytes);
      return new Range(address + offset, size);
    }

    boolean contains(Range other) {
      return address <= other.address && other.address + other.bytes <= address + bytes;
    }
  }

  record Reserved(Range block) implements Allocation {}

  private final long alignment;
  private final TreeMap<Long, Range> live = new TreeMap<>();
  private long next = 1 << 20;
  private long used;
  private boolean closed;

  long capacity;
  long peak;
  int allocations;
  int deallocations;
  int trims;

  /** Whether memory is free only after {@link #synchronize()}. */
  boolean defersFrees;

  private long deferred;

  SimulatedMemory(long alignment, long capacity) {
    this.alignment = alignment;
    this.capacity = capacity;
  }

  static Range range(Allocation allocation) {
    return (Range) allocation.block();
  }

  @Override
  public synchronized Allocation allocate(long bytes, Object owner) {
    if (bytes < 1 || owner == null) {
      throw new AssertionError("asked for " + bytes + " bytes for " + owner);
    }
    if (bytes > capacity - used) {
      throw new DeviceOutOfMemoryException(
          "simulated:0",
          new DeviceOutOfMemoryException.Report(
              bytes, capacity - used, 0, 0, 0, List.of(), List.of()));
    }
    allocations++;
    used += bytes;
    peak = Math.max(peak, used);
    Range range = new Range(next, bytes);
    next += (bytes + alignment - 1) / alignment * alignment + alignment;
    live.put(range.address, range);
    return new Reserved(range);
  }

  @Override
  public synchronized void deallocate(Allocation allocation) {
    Range range = ((Reserved) allocation).block;
    if (!live.remove(range.address, range)) {
      throw new AssertionError("not live: " + range);
    }
    deallocations++;
    if (defersFrees) {
      deferred += range.bytes;
    } else {
      used -= range.bytes;
    }
  }

  synchronized void synchronize() {
    used -= deferred;
    deferred = 0;
  }

  synchronized boolean holds(Range part) {
    Map.Entry<Long, Range> below = live.floorEntry(part.address);
    return below != null && below.getValue().contains(part);
  }

  synchronized long used() {
    return used;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public long alignment() {
    return alignment;
  }

  @Override
  public synchronized long freeBytes() {
    return capacity - used;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void download(Block source, MemorySegment target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void fill(Block target, byte value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void trim() {
    trims++;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      throw new AssertionError("closed twice");
    }
    closed = true;
  }
}
