package dev.conv4j.spi;

import dev.conv4j.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;

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

  /**
   * Makes ready what takes long when it is first needed, such as compiled loops, for all devices of
   * this backend. Called before much work is to come, from any thread; what has been done in this
   * process already is not done again. Takes three seconds at most.
   */
  default void warmUp() {}

  /**
   * Returns whether a first run is so much slower without {@link #warmUp} that waiting for it pays.
   */
  default boolean needsWarmUp() {
    return false;
  }

  /** Waits until everything enqueued has finished. */
  void synchronize();

  /**
   * Does host work on the threads that the device keeps for such: items in any order, each once;
   * returns when all are done. A device without threads of its own does them one after the other.
   *
   * @param items how many
   * @param item what is done with each, from 0; no item waits for another
   */
  default void parallel(long items, LongConsumer item) {
    for (long i = 0; i < items; i++) {
      item.accept(i);
    }
  }

  /**
   * Measures what the device attains at most: a loop of independent multiply-adds on operands of
   * one type, on all the threads or units that convolutions use, nothing loaded or stored. Takes a
   * fraction of a second, and no other work may be going on.
   *
   * @param type the operands' type
   * @return operations for each second, a multiply-add counted as 2; empty when the device has no
   *     such loop for this type
   */
  default OptionalDouble measurePeakFlops(DType type) {
    return OptionalDouble.empty();
  }

  /** Releases the device. The engine calls it once, after the last use; no work is in flight. */
  @Override
  void close();
}
