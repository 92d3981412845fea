package dev.conv4j.opencl;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.ReentrantLock;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_event;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/**
 * Copies between host and device through two pinned pieces, so that one is filled while the other
 * travels, and so that heap memory needs no other way. A CPU device reads native memory directly.
 */
final class Staging implements AutoCloseable {

  private static final int PIECE = 4 << 20;

  /** What a {@link ByteBuffer} can cover, rounded down to whole pieces. */
  private static final long DIRECT = 1L << 30;

  private final CommandQueue queue;
  // Not synchronized: a virtual thread that waits for the device would pin its carrier.
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable Piece[] pieces = new @Nullable Piece[2];

  Staging(CommandQueue queue) {
    this.queue = queue;
  }

  void upload(MemorySegment source, OpenClBlock target) {
    if (queue.device().cpu() && source.isNative()) {
      for (long at = 0; at < source.byteSize(); at += DIRECT) {
        long bytes = Math.min(DIRECT, source.byteSize() - at);
        ByteBuffer direct = source.asSlice(at, bytes).asByteBuffer().order(ByteOrder.nativeOrder());
        write(target, at, bytes, direct, null);
      }
      return;
    }
    lock.lock();
    try {
      for (long at = 0; at < source.byteSize(); at += PIECE) {
        long bytes = Math.min(PIECE, source.byteSize() - at);
        Piece piece = piece((int) (at / PIECE % 2));
        piece.await();
        MemorySegment.copy(source, at, piece.memory, 0, bytes);
        cl_event done = new cl_event();
        write(target, at, bytes, piece.mapped, done);
        piece.pending = done;
      }
      awaitAll();
    } finally {
      lock.unlock();
    }
  }

  void download(OpenClBlock source, MemorySegment target) {
    if (queue.device().cpu() && target.isNative()) {
      for (long at = 0; at < target.byteSize(); at += DIRECT) {
        long bytes = Math.min(DIRECT, target.byteSize() - at);
        ByteBuffer direct = target.asSlice(at, bytes).asByteBuffer().order(ByteOrder.nativeOrder());
        read(source, at, bytes, direct, null);
      }
      return;
    }
    lock.lock();
    try {
      long total = target.byteSize();
      request(source, 0, total);
      for (long at = 0; at < total; at += PIECE) {
        request(source, at + PIECE, total);
        Piece piece = piece((int) (at / PIECE % 2));
        piece.await();
        MemorySegment.copy(piece.memory, 0, target, at, Math.min(PIECE, total - at));
      }
    } finally {
      lock.unlock();
    }
  }

  private void request(OpenClBlock source, long at, long total) {
    if (at < total) {
      Piece piece = piece((int) (at / PIECE % 2));
      cl_event done = new cl_event();
      read(source, at, Math.min(PIECE, total - at), piece.mapped, done);
      piece.pending = done;
    }
  }

  private void write(
      OpenClBlock target, long at, long bytes, ByteBuffer from, @Nullable cl_event done) {
    Cl.check(
        CL.clEnqueueWriteBuffer(
            queue.handle(),
            target.memory(),
            done == null,
            target.offset() + at,
            bytes,
            Pointer.to(from),
            0,
            null,
            done),
        queue.id(),
        "uploading " + bytes + " bytes");
  }

  private void read(
      OpenClBlock source, long at, long bytes, ByteBuffer to, @Nullable cl_event done) {
    Cl.check(
        CL.clEnqueueReadBuffer(
            queue.handle(),
            source.memory(),
            done == null,
            source.offset() + at,
            bytes,
            Pointer.to(to),
            0,
            null,
            done),
        queue.id(),
        "downloading " + bytes + " bytes");
  }

  private Piece piece(int index) {
    Piece piece = pieces[index];
    if (piece == null) {
      piece = new Piece();
      pieces[index] = piece;
    }
    return piece;
  }

  private void awaitAll() {
    for (Piece piece : pieces) {
      if (piece != null) {
        piece.await();
      }
    }
  }

  @Override
  public void close() {
    for (Piece piece : pieces) {
      if (piece != null) {
        piece.release();
      }
    }
  }

  /** Page-locked host memory: a mapped buffer that the driver allocated for that purpose. */
  private final class Piece {
    private final cl_mem buffer;
    private final ByteBuffer mapped;
    private final MemorySegment memory;
    private @Nullable cl_event pending;

    Piece() {
      int[] rc = new int[1];
      long flags = CL.CL_MEM_READ_WRITE | CL.CL_MEM_ALLOC_HOST_PTR;
      this.buffer = CL.clCreateBuffer(queue.context(), flags, PIECE, null, rc);
      Cl.check(rc[0], queue.id(), "allocating pinned memory");
      long mapping = CL.CL_MAP_READ | CL.CL_MAP_WRITE;
      this.mapped =
          CL.clEnqueueMapBuffer(queue.handle(), buffer, true, mapping, 0, PIECE, 0, null, null, rc)
              .order(ByteOrder.nativeOrder());
      Cl.check(rc[0], queue.id(), "mapping pinned memory");
      this.memory = MemorySegment.ofBuffer(mapped);
    }

    void await() {
      cl_event event = pending;
      if (event != null) {
        pending = null;
        int rc = CL.clWaitForEvents(1, new cl_event[] {event});
        CL.clReleaseEvent(event);
        Cl.check(rc, queue.id(), "waiting for a copy");
      }
    }

    void release() {
      CL.clEnqueueUnmapMemObject(queue.handle(), buffer, mapped, 0, null, null);
      CL.clFinish(queue.handle());
      CL.clReleaseMemObject(buffer);
    }
  }
}
