package dev.conv4j.opencl;

import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;

/**
 * A context with one in-order queue, which is what makes reuse of pooled memory safe. Thread-safe:
 * OpenCL's queues are.
 */
final class CommandQueue implements AutoCloseable {

  private final DeviceDescription device;
  private final cl_context context;
  private final cl_command_queue queue;

  // Its successor came with OpenCL 2.0; this one every loader library has.
  @SuppressWarnings("deprecation")
  CommandQueue(DeviceDescription device) {
    this.device = device;
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    int[] rc = new int[1];
    this.context =
        CL.clCreateContext(properties, 1, new cl_device_id[] {device.id()}, null, null, rc);
    Cl.check(rc[0], id(), "creating a context");
    this.queue = CL.clCreateCommandQueue(context, device.id(), CL.CL_QUEUE_PROFILING_ENABLE, rc);
    if (rc[0] != CL.CL_SUCCESS) {
      CL.clReleaseContext(context);
    }
    Cl.check(rc[0], id(), "creating a queue");
  }

  String id() {
    return device.info().id();
  }

  DeviceDescription device() {
    return device;
  }

  cl_context context() {
    return context;
  }

  cl_command_queue handle() {
    return queue;
  }

  /** Sends what is enqueued to the device without waiting. */
  void flush() {
    Cl.check(CL.clFlush(queue), id(), "flushing the queue");
  }

  /** Waits until everything enqueued has finished. */
  void finish() {
    Cl.check(CL.clFinish(queue), id(), "waiting for the queue");
  }

  /** Returns the seconds the device spends on what some work enqueues, by the device's clock. */
  double seconds(Runnable work) {
    cl_event before = marker();
    work.run();
    cl_event after = marker();
    try {
      Cl.check(CL.clWaitForEvents(1, new cl_event[] {after}), id(), "waiting for an event");
      return 1e-9 * (end(after) - end(before));
    } finally {
      CL.clReleaseEvent(before);
      CL.clReleaseEvent(after);
    }
  }

  private cl_event marker() {
    cl_event event = new cl_event();
    Cl.check(CL.clEnqueueMarkerWithWaitList(queue, 0, null, event), id(), "enqueueing a marker");
    return event;
  }

  private long end(cl_event event) {
    long[] nanos = new long[1];
    Cl.check(
        CL.clGetEventProfilingInfo(event, CL.CL_PROFILING_COMMAND_END, 8, Pointer.to(nanos), null),
        id(),
        "reading an event's time");
    return nanos[0];
  }

  @Override
  public void close() {
    CL.clReleaseCommandQueue(queue);
    CL.clReleaseContext(context);
  }
}
