package dev.conv4j.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A device's primary context and the stream all work goes through. The driver keeps the current
 * context for each thread of the operating system, so whoever calls the driver calls {@link
 * #enter()} right before: any thread may, and a virtual thread may have changed its carrier since.
 */
final class CudaContext implements AutoCloseable {

  private static final class Context extends CUcontext {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Stream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  private final Gpu gpu;
  private final Context context = new Context();
  private final Stream stream = new Stream();

  CudaContext(Gpu gpu) {
    this.gpu = gpu;
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, gpu.handle()), "retaining the context");
    try {
      enter();
      // Apart from the legacy stream, with which every other library in the process would meet.
      int flags = CUstream_flags.CU_STREAM_NON_BLOCKING;
      check(JCudaDriver.cuStreamCreate(stream, flags), "creating a stream");
    } catch (RuntimeException failed) {
      JCudaDriver.cuDevicePrimaryCtxRelease(gpu.handle());
      throw failed;
    }
  }

  Gpu gpu() {
    return gpu;
  }

  String id() {
    return gpu.info().id();
  }

  CUstream stream() {
    return stream;
  }

  /** Returns the stream as the driver knows it. */
  long streamAddress() {
    return stream.address();
  }

  /** Makes the context current on this thread. */
  void enter() {
    check(DriverCalls.setCurrent(context.address()), "making the context current");
  }

  /** Throws if the driver reported an error. */
  void check(int rc, String operation) {
    Cu.check(rc, id(), operation);
  }

  /** Waits until everything enqueued has finished. */
  void synchronize() {
    enter();
    check(JCudaDriver.cuStreamSynchronize(stream), "waiting for the device");
  }

  @Override
  public void close() {
    enter();
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuDevicePrimaryCtxRelease(gpu.handle());
  }
}
