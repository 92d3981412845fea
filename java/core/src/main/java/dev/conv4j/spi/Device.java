package dev.conv4j.spi;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * An opened device. Thread-safe. Work runs in the order it was enqueued; a CPU has finished it when
 * the call returns.
 */
public interface Device extends AutoCloseable {

  /** Returns what this device is. */
  DeviceInfo info();

  /** Returns the device's raw memory; the engine stacks budget and pool on it. */
  MemoryResource memory();

  /**
   * Returns the algorithms for a family of problems, fastest kind first. For convolutions the last
   * accepts every legal problem with zero scratch. Empty when the device has none for this family.
   *
   * @param family the kind of problem
   * @param <P> the problem
   * @param <O> its operands
   */
  <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family);

  /**
   * Makes the caller's memory usable as an operand without copying it. The memory must outlive its
   * use.
   *
   * @param memory dense elements in native byte order
   * @throws dev.conv4j.InvalidArgumentException if this device cannot use that memory in place
   */
  Block wrap(MemorySegment memory);

  /** Waits until everything enqueued has finished. */
  void synchronize();

  /** Releases the device. The engine calls it once, after the last use; no work is in flight. */
  @Override
  void close();
}
