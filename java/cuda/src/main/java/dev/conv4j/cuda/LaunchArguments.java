package dev.conv4j.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.spi.Block;
import dev.conv4j.spi.kernels.KernelParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The argument list of a kernel, a parameter block and the addresses of buffers, as the driver
 * takes it: written once, but for the addresses. The driver copies it, so one list serves launch
 * after launch; a thread that meets another at work makes one more.
 */
final class LaunchArguments {

  /** Buffers behind the parameter block: x, w, bias, residual, y, workspace, and the constants. */
  static final int BUFFERS = KernelParams.OFFSETS + 1;

  private static final long SLOTS = (1 + BUFFERS) * 8L;
  private static final long PARAMS = SLOTS + (BUFFERS + 1) / 2 * 16L;

  private final byte[] params;
  private final AtomicReference<@Nullable MemorySegment> idle = new AtomicReference<>();

  /**
   * @param params the parameter block; not copied
   */
  LaunchArguments(byte[] params) {
    this.params = params;
  }

  private MemorySegment list() {
    MemorySegment list = Arena.ofAuto().allocate(PARAMS + params.length, 16);
    MemorySegment.copy(
        params, 0, list, java.lang.foreign.ValueLayout.JAVA_BYTE, PARAMS, params.length);
    list.set(JAVA_LONG, 0, list.address() + PARAMS);
    for (int i = 0; i < BUFFERS; i++) {
      list.set(JAVA_LONG, (1 + i) * 8L, list.address() + slot(i));
    }
    return list;
  }

  private static long slot(int buffer) {
    return SLOTS + buffer * 8L;
  }

  /** Enqueues a kernel; a buffer that a problem does not have is null. */
  void launch(
      CudaKernel kernel,
      Grid grid,
      @Nullable Block x,
      @Nullable Block w,
      @Nullable Block bias,
      @Nullable Block residual,
      @Nullable Block y,
      @Nullable Block workspace,
      @Nullable Block constants) {
    MemorySegment taken = idle.getAndSet(null);
    MemorySegment list = taken == null ? list() : taken;
    put(list, 0, x);
    put(list, 1, w);
    put(list, 2, bias);
    put(list, 3, residual);
    put(list, 4, y);
    put(list, 5, workspace);
    put(list, 6, constants);
    kernel.launch(grid, list);
    idle.set(list);
  }

  private static void put(MemorySegment list, int buffer, @Nullable Block block) {
    list.set(JAVA_LONG, slot(buffer), block == null ? 0 : ((CudaBlock) block).address());
  }
}
