package dev.conv4j;

import dev.conv4j.internal.ElementCopy;
import dev.conv4j.internal.EngineCore;
import dev.conv4j.internal.Storage;
import dev.conv4j.memory.LeakDetector;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelRejectedException;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.OperatorOperands;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A handle to dense, pooled device memory. Made by an {@link Engine}, owned by the caller, closed
 * by the caller; closing twice is a no-op, and any use after closing throws {@link
 * ClosedException}. Closing while another thread runs a plan on it is safe: the memory goes back to
 * the pool when that run has ended. Handles may be used by several threads; reading elements while
 * a run writes them gives unspecified values, never a crash.
 *
 * <p>Elements cross the API in logical order (batch, channels, space), whatever the {@link
 * #layout()}.
 */
public final class Tensor implements AutoCloseable {

  private final EngineCore core;
  private final Storage storage;
  private final Shape shape;
  private final DType type;
  private final Layout layout;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LeakDetector.Watch watch;

  /** What the pool and the leak detector know of a tensor, which they must not keep reachable. */
  private record Label(Shape shape, DType type) {
    @Override
    public String toString() {
      return "tensor " + shape + " " + type.spelling();
    }
  }

  /** Takes over one use of the storage. */
  Tensor(EngineCore core, Storage storage, Shape shape, DType type, Layout layout) {
    this.core = core;
    this.storage = storage;
    this.shape = shape;
    this.type = type;
    this.layout = layout;
    this.watch =
        core.leaks().watch(this, new Label(shape, type), shape.bytes(type), storage::release);
  }

  /** Returns the logical shape. */
  public Shape shape() {
    return shape;
  }

  /** Returns the element type. */
  public DType type() {
    return type;
  }

  /** Returns the memory order. */
  public Layout layout() {
    return layout;
  }

  /** Returns the size of the elements in bytes. */
  public long bytes() {
    return shape.bytes(type);
  }

  /** Returns the id of the device that holds the elements, for example {@code cpu:0}. */
  public String device() {
    return core.device().info().id();
  }

  /** Returns whether {@link #close()} was called. */
  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Returns the elements in logical order; waits for enqueued work.
   *
   * @throws InvalidArgumentException if there are more than an array can hold
   */
  public float[] toFloatArray() {
    float[] out = new float[arrayLength()];
    copyTo(MemorySegment.ofArray(out), DType.F32);
    return out;
  }

  /**
   * Returns the elements in logical order; exact for every type. Waits for enqueued work.
   *
   * @throws InvalidArgumentException if there are more than an array can hold
   */
  public double[] toDoubleArray() {
    double[] out = new double[arrayLength()];
    copyTo(MemorySegment.ofArray(out), DType.F64);
    return out;
  }

  private int arrayLength() {
    if (shape.elements() > Integer.MAX_VALUE - 8) {
      throw new InvalidArgumentException(
          "tensor " + shape, shape.elements() + " elements", "at most 2^31 - 9 for a Java array");
    }
    return (int) shape.elements();
  }

  /**
   * Copies the elements to host memory in logical order, converting their type. Waits for enqueued
   * work.
   *
   * @param target exactly {@code shape().bytes(targetType)} bytes, heap or native, any alignment
   * @param targetType the type to write
   */
  public void copyTo(MemorySegment target, DType targetType) {
    requireSize("target", target.byteSize(), targetType);
    use(block ->
        ElementCopy.toHost(
            core.device(), core.memory(), block, shape, type, layout, target, targetType));
  }

  /**
   * Overwrites the elements from host memory in logical order, converting their type.
   *
   * @param source exactly {@code shape().bytes(sourceType)} bytes, heap or native, any alignment
   * @param sourceType the type to read
   * @return this
   */
  public Tensor copyFrom(MemorySegment source, DType sourceType) {
    requireSize("source", source.byteSize(), sourceType);
    use(block ->
        ElementCopy.fromHost(
            core.device(), core.memory(), block, shape, type, layout, source, sourceType));
    return this;
  }

  /**
   * Overwrites the elements.
   *
   * @param values one for each element, in logical order
   * @return this
   */
  public Tensor copyFrom(float... values) {
    return copyFrom(MemorySegment.ofArray(values), DType.F32);
  }

  /**
   * Overwrites the elements from a buffer in native byte order, between its position and limit,
   * which stay as they are.
   *
   * @param values heap or direct
   * @param sourceType the type to read
   * @return this
   */
  public Tensor copyFrom(ByteBuffer values, DType sourceType) {
    return copyFrom(MemorySegment.ofBuffer(values), sourceType);
  }

  /**
   * Returns a copy with another type or memory order, on the same device.
   *
   * @param newType the type
   * @param newLayout the memory order
   */
  public Tensor convert(DType newType, Layout newLayout) {
    return copyTo(core, newType, newLayout);
  }

  /** Returns a copy on another engine's device. */
  public Tensor copyTo(Engine engine) {
    return copyTo(engine.core(), type, layout);
  }

  private Tensor copyTo(EngineCore target, DType newType, Layout newLayout) {
    if (target == core) {
      ConversionProblem problem = new ConversionProblem(shape, type, layout, newType, newLayout);
      for (var algorithm : core.device().algorithms(ConversionProblem.FAMILY)) {
        if (shape.elements() > 0 && algorithm.check(problem) instanceof Verdict.Yes) {
          try {
            return converted(algorithm.compile(problem), newType, newLayout);
          } catch (KernelRejectedException wrong) {
            // Reported, and refused from now on.
            break;
          }
        }
      }
    }
    MemorySegment host = ElementCopy.hostBuffer(shape.bytes(type));
    copyTo(host, type);
    return allocate(target, shape, newType, newLayout).copyFrom(host, type);
  }

  private Tensor converted(
      Executable<OperatorOperands> conversion, DType newType, Layout newLayout) {
    Tensor result = allocate(core, shape, newType, newLayout);
    try {
      use(from -> conversion.run(new OperatorOperands(List.of(from), result.storage.block())));
      return result;
    } catch (RuntimeException failed) {
      result.close();
      throw failed;
    }
  }

  /**
   * Returns another handle to the same elements with other dimensions. Both must be closed.
   *
   * @param newShape as many elements
   * @throws InvalidArgumentException if the count differs or the memory order is not NCHW
   */
  public Tensor reshape(Shape newShape) {
    if (newShape.elements() != shape.elements()) {
      throw new InvalidArgumentException(
          "shape", newShape, shape.elements() + " elements, as " + shape + " has");
    }
    if (layout != Layout.NCHW) {
      throw new InvalidArgumentException(
          "layout", layout, "NCHW to reshape without moving elements");
    }
    retain();
    return new Tensor(core, storage, newShape, type, layout);
  }

  /**
   * Returns a handle to some of this tensor's memory, as elements of any shape, type and order.
   * Both must be closed; the memory goes back when both are.
   *
   * @param at where they begin, in bytes; what the device aligns memory to must divide it, unless
   *     the host can address that memory
   * @param newShape the logical shape
   * @param newType the element type
   * @param newLayout the memory order
   * @throws InvalidArgumentException if they do not lie within this tensor's bytes, or not aligned
   */
  public Tensor part(long at, Shape newShape, DType newType, Layout newLayout) {
    requireLayout(newShape, newLayout);
    long bytes = newShape.bytes(newType);
    if (at < 0 || at > bytes() - bytes) {
      throw new InvalidArgumentException(
          "part", bytes + " bytes at " + at, "one within the " + bytes() + " bytes of " + this);
    }
    long alignment = core.memory().alignment();
    if (storage.block().hostMemory() == null && at % alignment != 0) {
      throw new InvalidArgumentException("part", "at " + at, "at a multiple of " + alignment);
    }
    retain();
    return new Tensor(core, storage.part(at, bytes), newShape, newType, newLayout);
  }

  /**
   * Returns the elements in place, in this tensor's memory order, where the host can address them
   * (the CPU). The segment must not be used after {@link #close()}, and does not keep this tensor
   * reachable: the pool may have given its memory to another tensor.
   *
   * @throws InvalidArgumentException if the device's memory is not addressable by the host
   */
  public MemorySegment segment() {
    retain();
    try {
      MemorySegment memory = storage.block().hostMemory();
      if (memory == null) {
        throw new InvalidArgumentException(
            "tensor", "on " + device(), "one in host memory; use copyTo");
      }
      return memory.asSlice(0, bytes());
    } finally {
      storage.release();
      Reference.reachabilityFence(this);
    }
  }

  /** Gives the memory back once no run uses it. A second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true) && watch.end()) {
      storage.release();
    }
  }

  @Override
  public String toString() {
    return new Label(shape, type).toString();
  }

  static Tensor allocate(EngineCore core, Shape shape, DType type, Layout layout) {
    requireLayout(shape, layout);
    core.begin();
    try {
      return new Tensor(
          core, core.allocate(shape, type, new Label(shape, type)), shape, type, layout);
    } finally {
      core.end();
    }
  }

  static void requireLayout(Shape shape, Layout layout) {
    if (layout == Layout.NHWC && (shape.rank() < 3 || shape.rank() > 5)) {
      throw new InvalidArgumentException("shape", shape, "3 to 5 dimensions for layout NHWC");
    }
  }

  EngineCore core() {
    return core;
  }

  Storage storage() {
    return storage;
  }

  /** Adds a use of the memory, or throws; {@code storage().release()} must follow. */
  void retain() {
    if (closed.get() || !storage.tryRetain()) {
      throw new ClosedException(toString());
    }
  }

  private void requireSize(String name, long bytes, DType hostType) {
    if (bytes != shape.bytes(hostType)) {
      throw new InvalidArgumentException(
          name,
          bytes + " bytes",
          shape.bytes(hostType) + " bytes for " + shape + " " + hostType.spelling());
    }
  }

  private void use(java.util.function.Consumer<Block> action) {
    core.begin();
    try {
      retain();
      try {
        action.accept(storage.block());
      } finally {
        storage.release();
        Reference.reachabilityFence(this);
      }
    } finally {
      core.end();
    }
  }
}
