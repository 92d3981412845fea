package dev.conv4j.cpu.algorithm;

import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * A product cut into work items, blocks of points times ranges of filters. The filter is packed
 * beforehand, or at the beginning of the scratch; behind it each thread has a slot of its own.
 */
public abstract class BlockedExecutable implements Executable<ConvOperands> {

  private static final long ALIGNMENT = 64;

  /** Filters that one thread packs sooner than several. */
  private static final long SMALL_FILTER = 1 << 16;

  /** Work items for each thread that even out their ends. */
  private static final int ITEMS = 6;

  private final CpuContext context;
  private final int participants;

  /**
   * @param context what the device's algorithms share
   * @param seconds the predicted time on one thread
   */
  protected BlockedExecutable(CpuContext context, double seconds) {
    this.context = context;
    this.participants = Math.min(context.workers().threads(), CostModel.participants(seconds));
  }

  /** Returns what the device's algorithms share. */
  protected final CpuContext context() {
    return context;
  }

  /** Returns bytes rounded up to whole lines of the cache. */
  protected static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Returns the threads that take part at most. */
  public final int participants() {
    return participants;
  }

  /** Returns the work items there should be at least. */
  protected final long itemsWanted() {
    return participants == 1 ? 1 : (long) participants * ITEMS;
  }

  /** Returns the work items of a run. */
  protected abstract long items();

  /** Returns the scratch of a thread, in bytes. */
  protected abstract long slotBytes();

  /**
   * Packs a filter.
   *
   * @param source w
   * @param target {@link #packedFilterBytes} bytes
   * @param workers who does it
   * @param most how many of them
   */
  protected abstract void pack(Block source, MemorySegment target, Workers workers, int most);

  /**
   * Begins a run.
   *
   * @param operands what it works on
   * @param filter packed
   * @param scratch the workspace
   * @param scratchAt where the first slot begins
   * @return what does an item
   */
  protected abstract Workers.Task begin(
      ConvOperands operands, MemorySegment filter, MemorySegment scratch, long scratchAt);

  @Override
  public final long workspaceBytes(boolean filterPacked) {
    return Math.min(participants, items()) * slotBytes()
        + (filterPacked ? 0 : aligned(packedFilterBytes()));
  }

  @Override
  public final void packFilter(Block source, Block packed) {
    pack(source, CpuBlock.segment(packed));
  }

  private void pack(Block source, MemorySegment target) {
    int most = packedFilterBytes() < SMALL_FILTER ? 1 : context.workers().threads();
    pack(source, target, context.workers(), most);
  }

  @Override
  public final void run(ConvOperands operands) {
    MemorySegment scratch = CpuBlock.segment(Objects.requireNonNull(operands.workspace()));
    MemorySegment filter = CpuBlock.operand(operands.second());
    long scratchAt = 0;
    if (!operands.secondPacked()) {
      pack(operands.second(), scratch);
      filter = scratch;
      scratchAt = aligned(packedFilterBytes());
    }
    Workers.Task task = begin(operands, filter, scratch, scratchAt);
    try {
      context.workers().run(items(), participants, task);
    } finally {
      // Kernels read by address, which does not keep memory that the garbage collector frees.
      Reference.reachabilityFence(operands);
    }
  }
}
