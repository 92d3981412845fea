package dev.conv4j.internal;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Moves elements between the host's logical order and a tensor's own order and type. */
public final class ElementCopy {

  private ElementCopy() {}

  /** Returns host memory freed by the garbage collector, for staging. */
  public static MemorySegment hostBuffer(long bytes) {
    return Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
  }

  /** Writes a block's elements to {@code target} in logical order. */
  public static void toHost(
      Device device,
      MemoryResource memory,
      Block block,
      Shape shape,
      DType type,
      Layout layout,
      MemorySegment target,
      DType targetType) {
    boolean asItLies = type == targetType && shape.isContiguous(layout);
    MemorySegment inPlace = host(block, shape.bytes(type));
    if (asItLies) {
      memory.download(block, target);
      return;
    }
    MemorySegment staged = inPlace;
    if (staged == null) {
      staged = hostBuffer(shape.bytes(type));
      memory.download(block, staged);
    } else {
      device.synchronize();
    }
    permute(
        staged, type, shape.strides(layout), target, targetType, shape.strides(Layout.NCHW), shape);
  }

  /** Overwrites a block's elements from {@code source} in logical order. */
  public static void fromHost(
      Device device,
      MemoryResource memory,
      Block block,
      Shape shape,
      DType type,
      Layout layout,
      MemorySegment source,
      DType sourceType) {
    if (type == sourceType && shape.isContiguous(layout)) {
      memory.upload(source, block);
      return;
    }
    MemorySegment inPlace = host(block, shape.bytes(type));
    MemorySegment staged = inPlace != null ? inPlace : hostBuffer(shape.bytes(type));
    device.synchronize();
    permute(
        source, sourceType, shape.strides(Layout.NCHW), staged, type, shape.strides(layout), shape);
    if (inPlace == null) {
      memory.upload(staged, block);
    }
  }

  private static @Nullable MemorySegment host(Block block, long bytes) {
    MemorySegment memory = block.hostMemory();
    return memory == null ? null : memory.asSlice(0, bytes);
  }

  /** Walks the shape in logical order, one row of the last dimension at a time. */
  private static void permute(
      MemorySegment from,
      DType fromType,
      long[] fromStrides,
      MemorySegment to,
      DType toType,
      long[] toStrides,
      Shape shape) {
    int rank = shape.rank();
    if (rank == 0) {
      toType.store(to, 0, fromType.load(from, 0));
      return;
    }
    int last = rank - 1;
    long[] at = new long[rank];
    for (long row = shape.elements() / shape.dim(last); row > 0; row--) {
      long source = 0;
      long target = 0;
      for (int i = 0; i < last; i++) {
        source += at[i] * fromStrides[i];
        target += at[i] * toStrides[i];
      }
      for (long i = 0; i < shape.dim(last); i++) {
        toType.store(
            to, target + i * toStrides[last], fromType.load(from, source + i * fromStrides[last]));
      }
      for (int i = last - 1; i >= 0 && ++at[i] == shape.dim(i); i--) {
        at[i] = 0;
      }
    }
  }
}
