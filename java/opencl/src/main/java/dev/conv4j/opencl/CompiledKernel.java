package dev.conv4j.opencl;

import dev.conv4j.spi.kernels.KernelParams;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/**
 * One entry of a program. A {@code cl_kernel} carries its arguments, so it is never shared: each
 * launch borrows one from a pool that grows to as many as there are launching threads at once.
 */
final class CompiledKernel implements AutoCloseable {

  private final CommandQueue queue;
  private final cl_program program;
  private final KernelVariant variant;
  private final String entry;
  private final String buildLog;
  private final Queue<cl_kernel> idle = new ConcurrentLinkedQueue<>();

  /**
   * @param program where it is
   * @param variant what the program was built from
   * @param entry its name
   * @param buildLog what the compiler said of the program
   */
  CompiledKernel(
      CommandQueue queue,
      cl_program program,
      KernelVariant variant,
      String entry,
      String buildLog) {
    this.queue = queue;
    this.program = program;
    this.variant = variant;
    this.entry = entry;
    this.buildLog = buildLog;
    idle.add(create());
  }

  KernelVariant variant() {
    return variant;
  }

  String entry() {
    return entry;
  }

  private cl_kernel create() {
    int[] rc = new int[1];
    cl_kernel kernel = CL.clCreateKernel(program, entry, rc);
    Cl.check(rc[0], queue.id(), "creating kernel " + entry);
    return kernel;
  }

  /**
   * Enqueues a launch.
   *
   * @param grid work-groups and work-items of a group
   * @param params the parameter block; its offsets are overwritten, so it must be the caller's own
   * @param elementBytes size of an element of each operand with an offset
   * @param operands buffers in the kernel's order, all present; those past the sixth have no offset
   */
  void launch(Grid grid, byte[] params, int[] elementBytes, OpenClBlock... operands) {
    ByteBuffer block = ByteBuffer.wrap(params).order(ByteOrder.nativeOrder());
    for (int i = 0; i < KernelParams.OFFSETS; i++) {
      block.putLong(8 * i, operands[i].offset() / elementBytes[i]);
    }
    cl_kernel kernel = idle.poll();
    if (kernel == null) {
      kernel = create();
    }
    try {
      set(kernel, 0, params.length, Pointer.to(params));
      for (int i = 0; i < operands.length; i++) {
        set(kernel, i + 1, Sizeof.cl_mem, Pointer.to(operands[i].memory()));
      }
      int rc =
          CL.clEnqueueNDRangeKernel(
              queue.handle(), kernel, 3, null, grid.global(), grid.local(), 0, null, null);
      Cl.check(rc, queue.id(), "launching " + entry);
    } finally {
      idle.add(kernel);
    }
  }

  private void set(cl_kernel kernel, int index, long size, Pointer value) {
    int rc = CL.clSetKernelArg(kernel, index, size, value);
    if (rc != CL.CL_SUCCESS) {
      Cl.check(rc, queue.id(), "setting argument " + index + " of " + entry);
    }
  }

  /** Returns what it takes of the device. */
  KernelResources resources() {
    return new KernelResources(
        info(CL.CL_KERNEL_LOCAL_MEM_SIZE),
        info(CL.CL_KERNEL_PRIVATE_MEM_SIZE),
        info(CL.CL_KERNEL_WORK_GROUP_SIZE),
        info(CL.CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE),
        AssemblerLog.find(buildLog, entry));
  }

  private long info(int what) {
    cl_kernel kernel = idle.poll();
    if (kernel == null) {
      kernel = create();
    }
    try {
      long[] value = new long[1];
      int rc =
          CL.clGetKernelWorkGroupInfo(
              kernel, queue.device().id(), what, 8, Pointer.to(value), null);
      return rc == CL.CL_SUCCESS ? value[0] : 0;
    } finally {
      idle.add(kernel);
    }
  }

  @Override
  public void close() {
    for (cl_kernel kernel = idle.poll(); kernel != null; kernel = idle.poll()) {
      CL.clReleaseKernel(kernel);
    }
  }
}
