package dev.conv4j.cuda;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Copies between host and device through two pinned pieces, so that one is filled while the other
 * travels, and so that memory of any kind, heap arrays included, takes the same way.
 */
final class PinnedStaging implements AutoCloseable {

  private static final int PIECE = 4 << 20;

  private final CudaContext context;
  // Not synchronized: a virtual thread that waits for the device would pin its carrier.
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable Piece[] pieces = new Piece[2];

  PinnedStaging(CudaContext context) {
    this.context = context;
  }

  /** Returns when the source has been read; the last pieces may still be travelling. */
  void upload(MemorySegment source, CudaBlock target) {
    lock.lock();
    try {
      for (long at = 0; at < source.byteSize(); at += PIECE) {
        long bytes = Math.min(PIECE, source.byteSize() - at);
        Piece piece = piece(at);
        piece.await();
        MemorySegment.copy(source, at, piece.memory, 0, bytes);
        context.enter();
        context.check(
            JCudaDriver.cuMemcpyHtoDAsync(
                target.slice(at, bytes).pointer(), piece.host, bytes, context.stream()),
            "uploading " + bytes + " bytes");
        piece.record();
      }
    } finally {
      lock.unlock();
    }
  }

  void download(CudaBlock source, MemorySegment target) {
    lock.lock();
    try {
      long total = target.byteSize();
      request(source, 0, total);
      for (long at = 0; at < total; at += PIECE) {
        request(source, at + PIECE, total);
        Piece piece = piece(at);
        piece.await();
        MemorySegment.copy(piece.memory, 0, target, at, Math.min(PIECE, total - at));
      }
    } finally {
      lock.unlock();
    }
  }

  private void request(CudaBlock source, long at, long total) {
    if (at < total) {
      long bytes = Math.min(PIECE, total - at);
      Piece piece = piece(at);
      piece.await();
      context.enter();
      context.check(
          JCudaDriver.cuMemcpyDtoHAsync(
              piece.host, source.slice(at, bytes).pointer(), bytes, context.stream()),
          "downloading " + bytes + " bytes");
      piece.record();
    }
  }

  private Piece piece(long at) {
    int index = (int) (at / PIECE % 2);
    Piece piece = pieces[index];
    if (piece == null) {
      piece = new Piece();
      pieces[index] = piece;
    }
    return piece;
  }

  @Override
  public void close() {
    for (Piece piece : pieces) {
      if (piece != null) {
        piece.release();
      }
    }
  }

  /** Page-locked host memory and the event of the last copy that used it. */
  private final class Piece {
    private final Pointer host = new Pointer();
    private final CUevent done = new CUevent();
    private final MemorySegment memory;
    private boolean pending;

    Piece() {
      context.enter();
      context.check(JCudaDriver.cuMemHostAlloc(host, PIECE, 0), "allocating pinned memory");
      this.memory = MemorySegment.ofBuffer(host.getByteBuffer(0, PIECE));
      context.check(
          JCudaDriver.cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING),
          "creating an event");
    }

    void record() {
      pending = true;
      context.enter();
      context.check(JCudaDriver.cuEventRecord(done, context.stream()), "recording an event");
    }

    void await() {
      if (pending) {
        pending = false;
        context.enter();
        context.check(JCudaDriver.cuEventSynchronize(done), "waiting for a copy");
      }
    }

    void release() {
      await();
      context.enter();
      JCudaDriver.cuEventDestroy(done);
      JCudaDriver.cuMemFreeHost(host);
    }
  }
}
