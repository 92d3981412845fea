package dev.conv4j.opencl;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_mem;

/** The device's raw memory: one buffer for each allocation. */
final class OpenClMemory implements MemoryResource {

  /** A cache line and more, the widest vector and more, and divisible by every element size. */
  private static final long ALIGNMENT = 256;

  private record Buffer(OpenClBlock block) implements Allocation {}

  private final CommandQueue queue;
  private final Staging staging;
  private final Set<Allocation> live = ConcurrentHashMap.newKeySet();

  OpenClMemory(CommandQueue queue) {
    this.queue = queue;
    this.staging = new Staging(queue);
  }

  /**
   * @throws InvalidArgumentException if the device never gives that much in one piece, however
   *     empty it is
   */
  @Override
  public Allocation allocate(long bytes, Object owner) {
    long most = queue.device().maxAllocation();
    if (bytes > most) {
      throw new InvalidArgumentException(
          "allocation for " + owner,
          bytes + " bytes",
          "at most "
              + most
              + ", the largest single allocation "
              + queue.id()
              + " makes (CL_DEVICE_MAX_MEM_ALLOC_SIZE)");
    }
    int[] rc = new int[1];
    cl_mem memory = CL.clCreateBuffer(queue.context(), CL.CL_MEM_READ_WRITE, bytes, null, rc);
    if (Cl.isOutOfMemory(rc[0])) {
      throw new DeviceOutOfMemoryException(
          queue.id(),
          new DeviceOutOfMemoryException.Report(bytes, -1, 0, 0, 0, List.of(), List.of()));
    }
    Cl.check(rc[0], queue.id(), "allocating " + bytes + " bytes");
    Buffer buffer = new Buffer(new OpenClBlock(memory, 0, bytes));
    live.add(buffer);
    return buffer;
  }

  /** Enqueued commands hold a reference of their own to the buffer. */
  @Override
  public void deallocate(Allocation allocation) {
    if (live.remove(allocation)) {
      release(allocation);
    }
  }

  private void release(Allocation allocation) {
    cl_mem memory = ((Buffer) allocation).block().memory();
    Cl.check(CL.clReleaseMemObject(memory), queue.id(), "releasing memory");
  }

  @Override
  public long alignment() {
    return ALIGNMENT;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    OpenClBlock block = (OpenClBlock) target;
    Objects.checkFromIndexSize(0, source.byteSize(), block.bytes());
    staging.upload(source, block);
  }

  @Override
  public void download(Block source, MemorySegment target) {
    OpenClBlock block = (OpenClBlock) source;
    Objects.checkFromIndexSize(0, target.byteSize(), block.bytes());
    staging.download(block, target);
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    OpenClBlock from = (OpenClBlock) source;
    OpenClBlock to = (OpenClBlock) target;
    Objects.checkFromIndexSize(0, bytes, Math.min(from.bytes(), to.bytes()));
    Cl.check(
        CL.clEnqueueCopyBuffer(
            queue.handle(),
            from.memory(),
            to.memory(),
            from.offset(),
            to.offset(),
            bytes,
            0,
            null,
            null),
        queue.id(),
        "copying memory");
  }

  @Override
  public void fill(Block target, byte value) {
    OpenClBlock block = (OpenClBlock) target;
    Cl.check(
        CL.clEnqueueFillBuffer(
            queue.handle(),
            block.memory(),
            Pointer.to(new byte[] {value}),
            1,
            block.offset(),
            block.bytes(),
            0,
            null,
            null),
        queue.id(),
        "filling memory");
  }

  @Override
  public void close() {
    staging.close();
    List.copyOf(live).forEach(this::deallocate);
  }
}
