package dev.conv4j.internal;

import dev.conv4j.ClosedException;
import dev.conv4j.DType;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.EngineOptions;
import dev.conv4j.OperatorPlan;
import dev.conv4j.Shape;
import dev.conv4j.memory.LeakDetector;
import dev.conv4j.memory.MemoryBudget;
import dev.conv4j.memory.MemoryPool;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.Optional;

/**
 * What an engine and everything made by it share: the device, its memory, its planner and its
 * lifetime. The device is released by whoever ends the last use after closing, so no interleaving
 * of use and close touches freed memory.
 */
public final class EngineCore {

  /** Plans kept; a large network has a few hundred different operators. */
  private static final int OPERATORS = 1024;

  private final Device device;
  private final MemoryPool memory;
  private final LeakDetector leaks;
  private final Planner planner;
  private final Lifetime lifetime;
  private final PlanCache<OperatorProblem, Optional<OperatorPlan>> operators =
      new PlanCache<>(OPERATORS);
  private final long memoryLimit;

  /**
   * @param device an opened device, owned by this from now on
   * @param options what the engine was opened with
   */
  public EngineCore(Device device, EngineOptions options) {
    this.device = device;
    String id = device.info().id();
    MemoryResource raw = options.instrument().apply(device.memory());
    this.memoryLimit = options.memoryLimit();
    this.memory = new MemoryPool(id, new MemoryBudget(id, raw, memoryLimit), device::synchronize);
    this.leaks = new LeakDetector(options.leakLevel());
    this.planner = new Planner(id, device.algorithms(ProblemFamily.CONVOLUTION));
    this.lifetime = new Lifetime(this::release);
  }

  private void release() {
    // Each of the three, whatever the ones before have thrown.
    try (device) {
      try {
        device.synchronize();
      } finally {
        memory.close();
      }
    }
  }

  /** Returns the device. */
  public Device device() {
    return device;
  }

  /** Returns the pooled memory. */
  public MemoryPool memory() {
    return memory;
  }

  /** Returns the budget in bytes. */
  public long memoryLimit() {
    return memoryLimit;
  }

  /** Returns the leak detector. */
  public LeakDetector leaks() {
    return leaks;
  }

  /** Returns the planner. */
  public Planner planner() {
    return planner;
  }

  /** Returns the plans for operators beside convolution; empty ones for what has no kernel. */
  public PlanCache<OperatorProblem, Optional<OperatorPlan>> operators() {
    return operators;
  }

  /**
   * Begins a use of the engine; {@link #end} must follow.
   *
   * @throws ClosedException if it was closed
   */
  public void begin() {
    if (!lifetime.tryBegin()) {
      throw new ClosedException("engine " + device.info().id());
    }
  }

  /** Ends a use. */
  public void end() {
    lifetime.end();
  }

  /** Closes the engine for new uses; releases the device now or when the last use ends. */
  public void close() {
    leaks.reclaim();
    lifetime.close();
  }

  /** Returns whether the engine was closed. */
  public boolean isClosed() {
    return lifetime.isClosed();
  }

  /** Allocates memory for a tensor; the caller has begun a use. */
  public Storage allocate(Shape shape, DType type, Object owner) {
    return allocate(Math.max(1, shape.bytes(type)), owner);
  }

  /**
   * Allocates memory for a handle; the caller has begun a use. When the device is full of handles
   * somebody forgot to close, the garbage collector is asked for them. Scratch does without that: a
   * plan can do with less of it, and a collection is dearer than any run.
   */
  public Storage allocate(long bytes, Object owner) {
    try {
      return Storage.allocate(this, bytes, owner);
    } catch (DeviceOutOfMemoryException full) {
      if (!leaks.collect()) {
        throw full.after("asked for forgotten handles");
      }
      return Storage.allocate(this, bytes, owner);
    }
  }

  /**
   * Allocates memory for a packed filter; the caller has begun a use. Packing leaves gaps, and
   * forms are compared byte by byte to find equal ones: where the host sees the memory it is zero.
   */
  public Storage allocatePacked(long bytes, Object owner) {
    Storage storage = allocate(bytes, owner);
    if (storage.block().hostMemory() != null) {
      memory.fill(storage.block(), (byte) 0);
    }
    return storage;
  }

  /** Gives idle memory back to the device, that of forgotten handles too. */
  public void trim() {
    leaks.reclaim();
    memory.trim();
  }

  /** Covers a block the engine does not own. */
  public Storage wrap(Block block) {
    return Storage.wrap(this, block);
  }

  /** Takes memory back; after closing there is nothing to do, the device takes it along. */
  void reclaim(Allocation allocation) {
    if (lifetime.tryBegin()) {
      try {
        memory.deallocate(allocation);
      } finally {
        lifetime.end();
      }
    }
  }
}
