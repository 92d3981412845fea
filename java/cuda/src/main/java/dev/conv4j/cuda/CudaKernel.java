package dev.conv4j.cuda;

import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** A kernel loaded on one device. Thread-safe: the driver copies the arguments of each launch. */
final class CudaKernel implements AutoCloseable {

  /** What a block gets without asking. */
  private static final int DEFAULT_SHARED = 48 << 10;

  private final CudaContext context;
  private final KernelVariant variant;
  private final CUmodule module = new CUmodule();
  private final CUfunction function = new CUfunction();

  CudaKernel(CudaContext context, KernelVariant variant, String entry, byte[] image) {
    this.context = context;
    this.variant = variant;
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
   * @param arguments one pointer to each argument's value
   */
  void launch(Grid grid, Pointer... arguments) {
    Pointer parameters = Pointer.to(arguments);
    context.enter();
    context.check(
        JCudaDriver.cuLaunchKernel(
            function,
            grid.x(),
            grid.y(),
            grid.z(),
            variant.threads(),
            1,
            1,
            variant.sharedBytes(),
            context.stream(),
            parameters,
            null),
        "launching " + variant.name());
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
