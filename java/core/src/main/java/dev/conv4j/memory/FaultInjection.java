package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.MemoryResource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A test tool: lets chosen requests fail as a full device would. Below the pool it sees only what
 * the pool asks of the device, so a request that the pool serves itself is neither counted nor
 * failed.
 *
 * <pre>{@code
 * options.withInstrument(FaultInjection.atRequest(3))
 * }</pre>
 */
public final class FaultInjection extends MemoryAdaptor {

  /**
   * A request as it arrives.
   *
   * @param number 1 for the first
   * @param bytes size
   * @param owner what it is for
   */
  public record Request(long number, long bytes, Object owner) {}

  private final Predicate<Request> fails;
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong faults = new AtomicLong();

  /**
   * @param upstream serves the requests that do not fail
   * @param fails decides; called on any thread
   */
  public FaultInjection(MemoryResource upstream, Predicate<Request> fails) {
    super(upstream);
    this.fails = fails;
  }

  /**
   * Fails one request.
   *
   * @param number 1 for the first
   */
  public static UnaryOperator<MemoryResource> atRequest(long number) {
    return upstream -> new FaultInjection(upstream, request -> request.number == number);
  }

  /**
   * Fails every request above a size.
   *
   * @param bytes the largest that is served
   */
  public static UnaryOperator<MemoryResource> above(long bytes) {
    return upstream -> new FaultInjection(upstream, request -> request.bytes > bytes);
  }

  /**
   * Fails requests at random; the same ones for the same seed.
   *
   * @param seed chooses which
   * @param probability the share that fails, 0 to 1
   */
  public static UnaryOperator<MemoryResource> randomly(long seed, double probability) {
    return upstream ->
        new FaultInjection(
            upstream,
            request -> new SplittableRandom(seed * 31 + request.number).nextDouble() < probability);
  }

  /** Returns how many requests have failed. */
  public long faults() {
    return faults.get();
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    Request request = new Request(requests.incrementAndGet(), bytes, owner);
    if (fails.test(request)) {
      faults.incrementAndGet();
      throw new DeviceOutOfMemoryException(
          "with injected faults",
          new DeviceOutOfMemoryException.Report(
              bytes, -1, 0, 0, 0, List.of(), List.of("request " + request.number + " is to fail")));
    }
    return super.allocate(bytes, owner);
  }
}
