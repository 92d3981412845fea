package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * What a flight recording shows of the memory. Every event is off the hit path, next to a call of
 * the driver or a failure. Without a recorder there are none: the first event of a process
 * initialises the JDK's recorder, which takes some fifty milliseconds of a program's start.
 */
final class MemoryEvents {

  private MemoryEvents() {}

  /** Fields common to all. */
  @Category({"conv4j", "Memory"})
  abstract static class PoolEvent extends Event {
    @Label("Device")
    String device = "";
  }

  @Name("conv4j.DeviceAllocation")
  @Label("Device Allocation")
  @Description("The pool had no fitting block and reserved memory from the device")
  static final class DeviceAllocation extends PoolEvent {
    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Owner")
    String owner = "";

    @Label("Reserved")
    @DataAmount
    long reserved;

    @Label("In Use")
    @DataAmount
    long inUse;

    @Label("Hit Rate")
    @Percentage
    double hitRate;
  }

  @Name("conv4j.MemoryTrim")
  @Label("Memory Trim")
  @Description("The pool gave idle blocks back to the device")
  static final class Trim extends PoolEvent {
    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Blocks")
    int blocks;
  }

  @Name("conv4j.OutOfMemory")
  @Label("Device Out of Memory")
  @Description("An allocation failed after everything was tried")
  static final class OutOfMemory extends PoolEvent {
    @Label("Requested")
    @DataAmount
    long requested;

    @Label("Free")
    @Description("What the budget still allowed or the device reported, -1 when unknown")
    long free;

    @Label("Pooled")
    @DataAmount
    long pooled;

    @Label("Largest Free Block")
    @DataAmount
    long largestFreeBlock;

    @Label("Fragmentation")
    @Percentage
    double fragmentation;

    @Label("Attempts")
    String attempts = "";

    @Label("Top Owner")
    String topOwner = "";
  }

  @Name("conv4j.Leak")
  @Label("Leak")
  @Description("A handle was collected without having been closed")
  @StackTrace(false)
  @Category({"conv4j", "Memory"})
  static final class LeakFound extends Event {
    @Label("Handle")
    String handle = "";

    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Allocation Site")
    String site = "";
  }

  /** Returns whether anybody has asked this process for a recording. */
  private static boolean hasRecorder() {
    return FlightRecorder.isInitialized();
  }

  /** Returns an event that has begun, or null where nothing is recorded. */
  static @Nullable DeviceAllocation beginAllocation() {
    return hasRecorder() ? begun(new DeviceAllocation()) : null;
  }

  /** Returns an event that has begun, or null where nothing is recorded. */
  static @Nullable Trim beginTrim() {
    return hasRecorder() ? begun(new Trim()) : null;
  }

  private static <E extends Event> E begun(E event) {
    event.begin();
    return event;
  }

  static void leak(WatchedHandle leak) {
    if (!hasRecorder()) {
      return;
    }
    LeakFound event = new LeakFound();
    if (event.shouldCommit()) {
      event.handle = leak.label();
      event.bytes = leak.bytes();
      event.site = leak.siteLines();
      event.commit();
    }
  }

  static void outOfMemory(DeviceOutOfMemoryException full) {
    if (!hasRecorder()) {
      return;
    }
    OutOfMemory event = new OutOfMemory();
    if (event.shouldCommit()) {
      event.device = full.device();
      event.requested = full.requested();
      event.free = full.free();
      event.pooled = full.pooled();
      event.largestFreeBlock = full.largestFreeBlock();
      event.fragmentation = full.fragmentation();
      event.attempts = String.join("; ", full.attempts());
      event.topOwner = full.topOwners().isEmpty() ? "" : full.topOwners().getFirst().label();
      event.commit();
    }
  }
}
