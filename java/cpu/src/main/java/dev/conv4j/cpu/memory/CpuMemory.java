package dev.conv4j.cpu.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.DeviceOutOfMemoryException.Report;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Native memory from the JVM, one shared arena for each allocation: a stale access throws instead
 * of crashing. The JVM clears what it hands out; the pool above pays for that once.
 */
public final class CpuMemory implements MemoryResource {

  /** A cache line, and the widest vector. */
  public static final long ALIGNMENT = 64;

  /** From here on it is worth a few files read to know whether the machine has that much. */
  private static final long LARGE = 64L << 20;

  /** From here on pages come straight from the system. */
  private static final long PAGES = 1L << 20;

  private static final boolean IN_PAGES = SystemPages.areUsable();

  /** Never started: stands for any thread but the caller's. */
  private static final Thread ANOTHER = Thread.ofPlatform().unstarted(() -> {});

  private final String device;
  private final LongSupplier free;
  private final Set<Owned> live = ConcurrentHashMap.newKeySet();

  /** Compared by identity: two allocations are never the same. */
  private static final class Owned implements Allocation {

    private final Arena arena;
    private final CpuBlock block;

    Owned(Arena arena, CpuBlock block) {
      this.arena = arena;
      this.block = block;
    }

    @Override
    public CpuBlock block() {
      return block;
    }
  }

  /**
   * @param device the device's id, for messages
   * @param free bytes the machine says are free, -1 when it does not say
   */
  public CpuMemory(String device, LongSupplier free) {
    this.device = device;
    this.free = free;
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    if (bytes >= LARGE && freeBytes() >= 0 && bytes > freeBytes()) {
      throw outOfMemory(bytes, "asking the machine, which has less available");
    }
    Arena arena = Arena.ofShared();
    try {
      long readable = bytes + Math.min(CpuBlock.MARGIN, Long.MAX_VALUE - bytes);
      MemorySegment memory = memory(arena, readable);
      Owned fresh = new Owned(arena, new CpuBlock(memory.asSlice(0, bytes), memory, true));
      live.add(fresh);
      return fresh;
    } catch (OutOfMemoryError full) {
      arena.close();
      throw outOfMemory(bytes, full);
    } catch (RuntimeException impossible) {
      arena.close();
      throw impossible;
    }
  }

  private static MemorySegment memory(Arena arena, long bytes) {
    MemorySegment pages = IN_PAGES && bytes >= PAGES ? SystemPages.allocate(arena, bytes) : null;
    return pages != null ? pages : arena.allocate(bytes, ALIGNMENT);
  }

  /** The heap running out is another matter, and goes on as it is. */
  private DeviceOutOfMemoryException outOfMemory(long bytes, OutOfMemoryError full) {
    String word = String.valueOf(full.getMessage());
    if (word.toLowerCase(Locale.ROOT).contains("heap space")) {
      throw full;
    }
    String attempt = "native memory from the JVM, which said '" + word + "'";
    if (word.contains("direct buffer memory")) {
      attempt += " (-XX:MaxDirectMemorySize raises that limit)";
    }
    DeviceOutOfMemoryException exception = outOfMemory(bytes, attempt);
    exception.initCause(full);
    return exception;
  }

  private DeviceOutOfMemoryException outOfMemory(long bytes, String attempt) {
    return new DeviceOutOfMemoryException(
        device, new Report(bytes, freeBytes(), 0, 0, 0, List.of(), List.of(attempt)));
  }

  @Override
  public void deallocate(Allocation allocation) {
    Owned owned = (Owned) allocation;
    if (!live.remove(owned)) {
      throw new IllegalStateException("this memory was given back before, or is not of " + device);
    }
    owned.arena.close();
  }

  @Override
  public long alignment() {
    return ALIGNMENT;
  }

  @Override
  public long freeBytes() {
    return free.getAsLong();
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    MemorySegment.copy(source, 0, CpuBlock.segment(target), 0, source.byteSize());
  }

  @Override
  public void download(Block source, MemorySegment target) {
    MemorySegment.copy(CpuBlock.segment(source), 0, target, 0, target.byteSize());
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    MemorySegment.copy(CpuBlock.segment(source), 0, CpuBlock.segment(target), 0, bytes);
  }

  @Override
  public void fill(Block target, byte value) {
    CpuBlock.segment(target).fill(value);
  }

  /** Covers the caller's memory. Kernels read any alignment. Read-only memory serves as operand. */
  public static CpuBlock wrap(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new InvalidArgumentException(
          "memory",
          "on the Java heap",
          "native memory, as from Arena.ofShared() or a direct buffer; engine.tensor copies arrays");
    }
    if (!memory.scope().isAlive()) {
      throw new InvalidArgumentException("memory", "freed already", "memory that is alive");
    }
    if (!memory.isAccessibleBy(ANOTHER)) {
      throw new InvalidArgumentException(
          "memory",
          "confined to one thread",
          "memory every thread may use, as from Arena.ofShared() or Arena.ofAuto()");
    }
    return CpuBlock.wrapped(memory, NativeMemory.isNeverFreed(memory));
  }

  @Override
  public void close() {
    for (Owned owned : List.copyOf(live)) {
      if (live.remove(owned)) {
        owned.arena.close();
      }
    }
  }
}
