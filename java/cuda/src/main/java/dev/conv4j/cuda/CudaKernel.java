package dev.conv4j.cuda;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** A kernel loaded on one device. Thread-safe: the driver copies the arguments of each launch. */
final class CudaKernel implements AutoCloseable {

  /** What a block gets without asking. */
  private static final int DEFAULT_SHARED = 48 << 10;

  private static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

  private final CudaContext context;
  private final KernelVariant variant;
  private final int threads;
  private final int sharedBytes;
  private final CUmodule module = new CUmodule();
  private final Function function = new Function();

  CudaKernel(CudaContext context, KernelVariant variant, String entry, byte[] image) {
    this.context = context;
    this.variant = variant;
    this.threads = variant.threads();
    this.sharedBytes = variant.sharedBytes();
    context.enter();
    context.check(JCudaDriver.cuModuleLoadData(module, image), "loading kernel " + variant.name());
    context.check(
        JCudaDriver.cuModuleGetFunction(function, module, entry),
        "finding " + entry + " in kernel " + variant.name());
    if (variant.sharedBytes() > DEFAULT_SHARED) {
      context.check(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              variant.sharedBytes()),
          "asking for " + variant.sharedBytes() + " bytes of shared memory");
    }
  }

  KernelVariant variant() {
    return variant;
  }

  /**
   * Enqueues a launch.
   *
   * @param grid blocks
   * @param parameters pointers to the arguments' values
   */
  void launch(Grid grid, MemorySegment parameters) {
    context.enter();
    int rc =
        DriverCalls.launch(
            function.address(), grid, threads, sharedBytes, context.streamAddress(), parameters);
    if (rc != 0) {
      context.check(rc, "launching " + variant.name());
    }
  }

  /** Returns what an explanation shows: tile sizes, registers, shared memory. */
  Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("kernel", variant.name());
    facts.put("tuning", variant.tuning().toString());
    int[] value = new int[1];
    context.enter();
    int rc =
        JCudaDriver.cuFuncGetAttribute(
            value, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS, function);
    if (rc == 0 && value[0] > 0) {
      facts.put("registers", Integer.toString(value[0]));
    }
    return facts;
  }

  @Override
  public void close() {
    context.enter();
    JCudaDriver.cuModuleUnload(module);
  }
}
