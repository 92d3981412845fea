package dev.conv4j.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.DType;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A dense, row-major array of any ONNX element type in host memory: what a network takes and gives.
 * Unlike a {@link Tensor} it may have integers of 64 bits, booleans and dimensions of 0, and there
 * is nothing to close: the garbage collector takes its memory back. Nothing here writes to a tensor
 * once it was made, so threads may share it.
 */
public final class OnnxTensor {

  private static final long ALIGNMENT = 64;

  private final ElementType type;
  private final long[] dims;
  private final long elements;

  /** Null until elements that are elsewhere are read; set by {@link #memory()}. */
  private volatile @Nullable MemorySegment segment;

  /** What the elements came with, and where else they are. */
  private final @Nullable Tensor tensor;

  /** Where else they come from. */
  private final @Nullable Source source;

  /** Writes elements that nobody keeps. */
  @FunctionalInterface
  public interface Source {
    /** Writes every element. Called as often as they are wanted, from any thread. */
    void write(MemorySegment target);
  }

  private OnnxTensor(
      ElementType type,
      long[] dims,
      @Nullable MemorySegment segment,
      @Nullable Tensor tensor,
      @Nullable Source source) {
    this.type = type;
    this.dims = dims;
    this.elements = elements(dims);
    this.segment = segment;
    this.tensor = tensor;
    this.source = source;
  }

  private OnnxTensor(
      ElementType type, long[] dims, @Nullable MemorySegment segment, @Nullable Tensor tensor) {
    this(type, dims, segment, tensor, null);
  }

  /**
   * Returns the number of elements of an array.
   *
   * @throws InvalidArgumentException if a dimension is negative or the number passes 2^60
   */
  public static long elements(long... dims) {
    long product = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new InvalidArgumentException("dimensions", Arrays.toString(dims), "no negative ones");
      }
      if (dim > 0 && product > (1L << 60) / dim) {
        throw new InvalidArgumentException(
            "dimensions", Arrays.toString(dims), "at most 2^60 elements");
      }
      product *= dim;
    }
    return product;
  }

  /** Returns an array of zeros. */
  public static OnnxTensor zeros(ElementType type, long... dims) {
    long bytes = elements(dims) * type.bytes();
    return new OnnxTensor(
        type, dims.clone(), Arena.ofAuto().allocate(Math.max(1, bytes), ALIGNMENT), null);
  }

  /**
   * Covers memory without copying it. Whoever passes it leaves it alone as long as the tensor is
   * used.
   *
   * @param type the element type
   * @param memory native memory usable from any thread, at least the elements, in native byte order
   * @param dims the dimensions
   */
  public static OnnxTensor wrap(ElementType type, MemorySegment memory, long... dims) {
    long bytes = elements(dims) * type.bytes();
    if (memory.byteSize() < bytes || !memory.isNative()) {
      throw new InvalidArgumentException(
          "memory",
          memory.byteSize() + (memory.isNative() ? " bytes" : " bytes on the Java heap"),
          bytes + " bytes of native memory for " + describe(type, dims));
    }
    return new OnnxTensor(type, dims.clone(), memory, null);
  }

  /** Returns something with a type and dimensions, whose elements are computed when wanted. */
  public static OnnxTensor computed(ElementType type, Source source, long... dims) {
    return new OnnxTensor(type, dims.clone(), null, null, source);
  }

  /**
   * Covers elements in a file, as {@link #wrap} does. {@link #unload} gives their pages back.
   *
   * @param memory the elements
   * @param file the same, as a part of the mapped file
   */
  public static OnnxTensor inFile(
      ElementType type, MemorySegment memory, MemorySegment file, long... dims) {
    OnnxTensor tensor = wrap(type, memory, dims);
    return file.isMapped()
        ? new OnnxTensor(type, tensor.dims, memory, null, new MappedFile(file))
        : tensor;
  }

  /** A part of a mapped file. */
  private record MappedFile(MemorySegment memory) implements Source {
    @Override
    public void write(MemorySegment target) {
      MemorySegment.copy(memory, 0, target, 0, memory.byteSize());
    }
  }

  /** Returns a float tensor with a copy of these elements, in row-major order. */
  public static OnnxTensor of(long[] dims, float... values) {
    return copied(ElementType.FLOAT, dims, MemorySegment.ofArray(values));
  }

  /** Returns an int64 tensor with a copy of these elements, in row-major order. */
  public static OnnxTensor ofLongs(long[] dims, long... values) {
    return copied(ElementType.INT64, dims, MemorySegment.ofArray(values));
  }

  /** Returns a one-dimensional int64 tensor. */
  public static OnnxTensor ofLongs(long... values) {
    return ofLongs(new long[] {values.length}, values);
  }

  /**
   * Returns a tensor with a copy of the elements in an array or buffer.
   *
   * @param values the elements in native byte order, for example {@code MemorySegment.ofArray}
   */
  public static OnnxTensor copied(ElementType type, long[] dims, MemorySegment values) {
    OnnxTensor fresh = zeros(type, dims);
    if (values.byteSize() != fresh.bytes()) {
      throw new InvalidArgumentException(
          "values", values.byteSize() + " bytes", fresh.bytes() + " bytes for " + fresh);
    }
    MemorySegment.copy(values, 0, fresh.memory(), 0, fresh.bytes());
    return fresh;
  }

  /**
   * Covers an engine's tensor, which must stay open as long as this is used. Its elements stay
   * where they are until they are read here; a network on the same device takes them there.
   */
  public static OnnxTensor of(Tensor tensor) {
    Shape shape = tensor.shape();
    ElementType type = ElementType.of(tensor.type());
    boolean dense = shape.isContiguous(tensor.layout());
    if (dense && tensor.device().startsWith("cpu")) {
      return new OnnxTensor(type, shape.dims(), tensor.segment(), tensor);
    }
    if (dense) {
      return new OnnxTensor(type, shape.dims(), null, tensor);
    }
    OnnxTensor copy = zeros(type, shape.dims());
    tensor.copyTo(copy.segment(), tensor.type());
    return copy;
  }

  /** Returns the engine's tensor this covers, or null when the elements are in host memory only. */
  public @Nullable Tensor tensor() {
    return tensor;
  }

  /** Returns whether the elements are in host memory, or have been copied there. */
  public boolean isOnHost() {
    return segment != null;
  }

  /** Returns the element type. */
  public ElementType type() {
    return type;
  }

  /** Returns the dimensions, a copy. */
  public long[] dims() {
    return dims.clone();
  }

  /** Returns the number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Returns one dimension. */
  public long dim(int index) {
    return dims[index];
  }

  /** Returns whether these are the dimensions. */
  public boolean hasDims(long... others) {
    return Arrays.equals(dims, others);
  }

  /** Returns the number of elements. */
  public long elements() {
    return elements;
  }

  /** Returns the size of the elements in bytes. */
  public long bytes() {
    return elements * type.bytes();
  }

  /**
   * Returns the elements' memory, which may be longer than they are. Elements on a device are
   * copied to the host first, once.
   */
  public MemorySegment memory() {
    MemorySegment here = segment;
    return here != null ? here : fetch();
  }

  private synchronized MemorySegment fetch() {
    MemorySegment here = segment;
    if (here == null) {
      here = Arena.ofAuto().allocate(Math.max(1, bytes()), ALIGNMENT);
      copyTo(here.asSlice(0, bytes()));
      segment = here;
    }
    return here;
  }

  /** Returns whether the elements are computed, and in no memory so far. */
  public boolean isComputed() {
    return segment == null && source != null;
  }

  /**
   * Copies the elements. Those that are computed are so for this copy only.
   *
   * @param target memory of exactly their size
   */
  public void copyTo(MemorySegment target) {
    MemorySegment here = segment;
    if (here != null) {
      MemorySegment.copy(here, 0, target, 0, bytes());
    } else if (source != null) {
      source.write(target);
    } else {
      Tensor there = Objects.requireNonNull(tensor);
      there.copyTo(target, there.type());
    }
  }

  /**
   * Gives back the pages that elements in a mapped file take in memory, after a reading that is not
   * repeated soon: they come from the file again when they are read.
   */
  public void unload() {
    if (source instanceof MappedFile(MemorySegment memory)) {
      memory.unload();
    }
  }

  /** Returns exactly the elements' memory. */
  public MemorySegment segment() {
    return memory().asSlice(0, bytes());
  }

  /** Returns the same elements with other dimensions. */
  public OnnxTensor reshaped(long... newDims) {
    if (elements(newDims) != elements) {
      throw new InvalidArgumentException(
          "dimensions", Arrays.toString(newDims), elements + " elements, as " + this + " has");
    }
    return new OnnxTensor(type, newDims.clone(), segment, tensor, source);
  }

  /** Returns one element as a double. */
  public double getDouble(long index) {
    return type.getDouble(memory(), index);
  }

  /** Returns one element as an integer, truncated towards zero. */
  public long getLong(long index) {
    return type.getLong(memory(), index);
  }

  /** Returns a copy of the elements as floats. */
  public float[] toFloatArray() {
    float[] out = new float[length()];
    try {
      if (type == ElementType.FLOAT) {
        MemorySegment.copy(memory(), JAVA_FLOAT_UNALIGNED, 0, out, 0, out.length);
      } else {
        for (int i = 0; i < out.length; i++) {
          out[i] = (float) getDouble(i);
        }
      }
    } finally {
      Reference.reachabilityFence(this);
    }
    return out;
  }

  /** Returns a copy of the elements as integers, truncated towards zero. */
  public long[] toLongArray() {
    long[] out = new long[length()];
    for (int i = 0; i < out.length; i++) {
      out[i] = getLong(i);
    }
    return out;
  }

  /** Returns a copy of the elements as bytes in native order. */
  public byte[] toByteArray() {
    return segment().toArray(JAVA_BYTE);
  }

  /**
   * Returns a copy of the elements on an engine's device.
   *
   * @throws InvalidArgumentException if the engine has no such type, or there is no element
   */
  public Tensor toTensor(dev.conv4j.Engine engine) {
    DType dtype = type.dtype();
    if (dtype == null) {
      throw new InvalidArgumentException(
          "element type", type.spelling(), "one the engine has, such as float or int32");
    }
    Tensor fresh = engine.tensor(Shape.of(dims), dtype);
    try {
      return fresh.copyFrom(segment(), dtype);
    } catch (RuntimeException | Error failed) {
      fresh.close();
      throw failed;
    }
  }

  private int length() {
    if (elements > Integer.MAX_VALUE - 8) {
      throw new InvalidArgumentException(
          "tensor", this, "at most 2^31 - 9 elements for a Java array");
    }
    return (int) elements;
  }

  private static String describe(ElementType type, long[] dims) {
    return type.spelling() + Arrays.toString(dims);
  }

  @Override
  public String toString() {
    return describe(type, dims);
  }
}
