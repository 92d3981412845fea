package dev.conv4j.cuda;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The device's raw memory. */
final class CudaMemory implements MemoryResource {

  /** What cuMemAlloc promises. */
  private static final long ALIGNMENT = 256;

  private record Piece(CudaBlock block) implements Allocation {}

  private final CudaContext context;
  private final PinnedStaging staging;
  private final Set<Piece> live = ConcurrentHashMap.newKeySet();

  CudaMemory(CudaContext context) {
    this.context = context;
    this.staging = new PinnedStaging(context);
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    CudaBlock.Base address = new CudaBlock.Base();
    context.enter();
    int rc = JCudaDriver.cuMemAlloc(address, bytes);
    if (rc == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new DeviceOutOfMemoryException(
          context.id(),
          new DeviceOutOfMemoryException.Report(bytes, freeBytes(), 0, 0, 0, List.of(), List.of()));
    }
    context.check(rc, "allocating " + bytes + " bytes");
    Piece piece = new Piece(new CudaBlock(address, 0, bytes));
    live.add(piece);
    return piece;
  }

  /** The driver waits for enqueued work before it takes memory back. */
  @Override
  public void deallocate(Allocation allocation) {
    if (live.remove(allocation)) {
      free((Piece) allocation);
    }
  }

  private void free(Piece piece) {
    context.enter();
    context.check(JCudaDriver.cuMemFree(piece.block.base()), "releasing memory");
  }

  @Override
  public long alignment() {
    return ALIGNMENT;
  }

  @Override
  public long freeBytes() {
    long[] free = new long[1];
    long[] total = new long[1];
    context.enter();
    return JCudaDriver.cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS ? free[0] : -1;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    Objects.checkFromIndexSize(0, source.byteSize(), target.bytes());
    staging.upload(source, (CudaBlock) target);
  }

  @Override
  public void download(Block source, MemorySegment target) {
    Objects.checkFromIndexSize(0, target.byteSize(), source.bytes());
    staging.download((CudaBlock) source, target);
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    CudaBlock from = (CudaBlock) source;
    CudaBlock to = (CudaBlock) target;
    Objects.checkFromIndexSize(0, bytes, Math.min(from.bytes(), to.bytes()));
    context.enter();
    context.check(
        JCudaDriver.cuMemcpyDtoDAsync(to.pointer(), from.pointer(), bytes, context.stream()),
        "copying memory");
  }

  @Override
  public void fill(Block target, byte value) {
    CudaBlock block = (CudaBlock) target;
    context.enter();
    context.check(
        JCudaDriver.cuMemsetD8Async(block.pointer(), value, block.bytes(), context.stream()),
        "filling memory");
  }

  @Override
  public void close() {
    staging.close();
    for (Piece left : List.copyOf(live)) {
      if (live.remove(left)) {
        free(left);
      }
    }
  }
}
