package dev.conv4j.testkit;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Device memory with a guard behind it that nobody may write. Behind an operand that is only read,
 * the guard reads as NaN, so that a product with what lies beyond shows even when it is multiplied
 * by zero.
 */
final class GuardedBlock implements AutoCloseable {

  /** Every floating type reads this byte, repeated, as NaN. */
  static final byte NAN = (byte) 0xff;

  /**
   * A large finite number in every floating type: {@code max} does not swallow it as it may NaN.
   */
  static final byte HUGE = 0x7b;

  private static final byte SENTINEL = (byte) 0xa5;

  private final MemoryResource memory;
  private final Allocation allocation;
  private final long bytes;
  private final MemorySegment expected;

  private GuardedBlock(
      MemoryResource memory, MemorySegment content, long guard, byte guardByte, String label) {
    this(memory, content, guard, guardByte, label, true);
  }

  private GuardedBlock(
      MemoryResource memory,
      MemorySegment content,
      long guard,
      byte guardByte,
      String label,
      boolean written) {
    this.memory = memory;
    this.bytes = content.byteSize();
    this.expected = Arena.ofAuto().allocate(bytes + guard, 64);
    expected.asSlice(bytes).fill(guardByte);
    expected.asSlice(0, bytes).copyFrom(content);
    this.allocation = memory.allocate(bytes + guard, label);
    if (written) {
      memory.upload(expected, allocation.block());
    }
  }

  /** An operand to be read. */
  static GuardedBlock operand(
      MemoryResource memory, MemorySegment content, int guard, String label) {
    return new GuardedBlock(memory, content, guard, NAN, label);
  }

  /**
   * Memory to be written, poisoned; its guard follows at once. Without a guard a checker outside
   * watches, who would take poison for contents: then it is left as it was allocated.
   */
  static GuardedBlock poisoned(
      MemoryResource memory, long bytes, byte poison, int guard, String label) {
    MemorySegment content = Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
    content.fill(poison);
    return new GuardedBlock(memory, content, guard, SENTINEL, label, guard > 0);
  }

  /** Memory to be written that holds something at first. */
  static GuardedBlock filled(
      MemoryResource memory, MemorySegment content, int guard, String label) {
    return new GuardedBlock(memory, content, guard, SENTINEL, label);
  }

  Block block() {
    return allocation.block();
  }

  /** Returns what the memory holds now, without the guard. */
  MemorySegment content() {
    return whole().asSlice(0, bytes);
  }

  private MemorySegment whole() {
    MemorySegment now = Arena.ofAuto().allocate(expected.byteSize(), 64);
    memory.download(block(), now);
    return now;
  }

  /** Returns how the guard was damaged, or null. */
  @Nullable String guardDamage(String name) {
    long at = whole().asSlice(bytes).mismatch(expected.asSlice(bytes));
    return at < 0 ? null : "wrote byte " + at + " behind the " + bytes + " bytes of the " + name;
  }

  /** Returns how memory that may only be read was changed, or null. */
  @Nullable String change(String name) {
    long at = whole().mismatch(expected);
    return at < 0 ? null : "changed byte " + at + " of the " + name + ", which it may only read";
  }

  @Override
  public void close() {
    memory.deallocate(allocation);
  }
}
