package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The emulated driver refuses what a real one does; what no driver here knows is computed. */
class DriverLimitsTest {

  /** Registers of a multiprocessor, on every generation from sm_75 on. */
  private static final int REGISTERS = 65_536;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUmodule module = new CUmodule();
  private final CUfunction function = new CUfunction();

  @BeforeEach
  void kernel() {
    Emulator.demand();
    Emulator.findings();
    KernelLibrary library = KernelLibrary.packed();
    byte[] image = library.image(library.variant("operator-strided-copy"));
    succeeds(JCudaDriver.cuDeviceGet(device, 0));
    succeeds(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    succeeds(JCudaDriver.cuCtxSetCurrent(context));
    succeeds(JCudaDriver.cuModuleLoadData(module, image));
    succeeds(JCudaDriver.cuModuleGetFunction(function, module, "operator_strided_copy"));
  }

  @AfterEach
  void release() {
    succeeds(JCudaDriver.cuCtxSetCurrent(context));
    succeeds(JCudaDriver.cuModuleUnload(module));
    succeeds(JCudaDriver.cuDevicePrimaryCtxRelease(device));
    // Nobody holds it any more, engines of other tests included.
    assertEquals(CUresult.CUDA_ERROR_INVALID_CONTEXT, JCudaDriver.cuCtxSetCurrent(context));
  }

  private int launch(int y, int z, int threads, int sharedBytes) {
    Pointer none = Pointer.to(new byte[4096]);
    Pointer arguments = Pointer.to(none, none, none, none, none, none, none, none);
    return JCudaDriver.cuLaunchKernel(
        function, 1, y, z, threads, 1, 1, sharedBytes, null, arguments, null);
  }

  @Test
  void gridsAndBlocksEndWhereADevicesDo() {
    for (List<Integer> beyond :
        List.of(List.of(65_536, 1, 32), List.of(1, 65_536, 32), List.of(1, 1, 1025))) {
      int rc = launch(beyond.get(0), beyond.get(1), beyond.get(2), 0);
      assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, rc, beyond::toString);
    }
    assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, launch(0, 1, 32, 0));
  }

  @Test
  void sharedMemoryAbove48KibHasToBeAskedFor() {
    int most = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, launch(1, 1, 32, (48 << 10) + 1));
    int rc = JCudaDriver.cuFuncSetAttribute(function, most, (163 << 10) + 1);
    assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, rc);
    succeeds(JCudaDriver.cuFuncSetAttribute(function, most, 64 << 10));
    assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, launch(1, 1, 32, (64 << 10) + 1));
  }

  @Test
  void aThreadWithoutTheContextLaunchesNothing() throws InterruptedException {
    int[] rc = new int[1];
    Thread.ofPlatform().start(() -> rc[0] = launch(1, 1, 32, 0)).join();
    assertTrue(rc[0] != CUresult.CUDA_SUCCESS);
  }

  @Test
  void anEngineThatIsClosedHoldsNoContext() {
    Engine.open("cuda:0").close();
    succeeds(JCudaDriver.cuCtxSetCurrent(context));
  }

  /** A launch with more fails on a GPU only. */
  @Test
  void threadsTimesRegistersFitAMultiprocessor() throws IOException, URISyntaxException {
    Path classes =
        Path.of(KernelLibrary.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path table = classes.resolveSibling("kernels").resolve("resources.tsv");
    Assumptions.assumeTrue(Files.exists(table), "built without nvcc");
    Map<String, KernelVariant> variants = KernelLibrary.table();
    List<String> lines = Files.readAllLines(table);
    Assumptions.assumeTrue(lines.size() > 1, "no machine code in this build");
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t", -1);
      KernelVariant variant = Objects.requireNonNull(variants.get(cells[0]), line);
      // Registers are given to warps in eights for each thread.
      int registers = (Integer.parseInt(cells[2]) + 7) / 8 * 8;
      int blocks = variant.tuning().values().getOrDefault("MIN_BLOCKS", 1);
      assertTrue(registers * variant.threads() * blocks <= REGISTERS, line);
    }
  }

  private static void succeeds(int rc) {
    assertEquals(CUresult.CUDA_SUCCESS, rc);
  }
}
