package dev.conv4j.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Required;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** What the emulated driver exports beside the driver's own functions. */
@SuppressWarnings("restricted")
final class Emulator {

  static final int ALLOCATION = 0;
  static final int LAUNCH = 1;
  static final int COPY = 2;

  static final int OUT_OF_MEMORY = 2;
  static final int LAUNCH_FAILED = 719;

  private static final List<String> KINDS =
      List.of(
          "shared loads",
          "shared stores",
          "shared copies",
          "global loads",
          "global stores",
          "global copies");

  /** Looked up when first used: where there is no emulator, tests skip before. */
  private static final class Driver {
    static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());
  }

  private Emulator() {}

  /** Aborts the test where there is no emulator, or fails it where one is demanded. */
  static void demand() {
    if (new CudaBackend().probe() instanceof Availability.Absent(String reason)) {
      if (Required.backends().contains("cuda-emulator")) {
        fail("cuda-emulator is required and absent: " + reason);
      }
      Assumptions.abort("backend cuda is absent: " + reason);
    }
  }

  /** Makes a call fail after some successes. */
  static void inject(int kind, long after, int code) {
    try {
      handle("cudaEmulatorInject", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_INT))
          .invokeExact(kind, after, code);
    } catch (Throwable broken) {
      throw new AssertionError(broken);
    }
  }

  /** Returns what the checks found since the last call. */
  static String findings() {
    FunctionDescriptor type = FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(1 << 16);
      long length =
          (long) handle("cudaEmulatorFindings", type).invokeExact(buffer, buffer.byteSize());
      return length == 0 ? "" : buffer.getString(0);
    } catch (Throwable broken) {
      throw new AssertionError(broken);
    }
  }

  /**
   * What the accesses of one kind would cost a GPU.
   *
   * @param requests instructions of a warp
   * @param units passes over the banks of shared memory, or sectors of global memory
   * @param least of them, had the addresses lain as well as possible
   */
  record Traffic(long requests, long units, long least) {

    double ratio() {
      return least == 0 ? 1 : (double) units / least;
    }
  }

  /** Begins or ends counting, and returns what was counted by kind since it was last called. */
  static Map<String, Traffic> count(boolean begin) {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT);
    int on = begin ? 1 : 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(JAVA_LONG, 3L * KINDS.size());
      handle("cudaEmulatorCount", type).invokeExact(counts, on);
      Map<String, Traffic> traffic = new LinkedHashMap<>();
      for (int kind = 0; kind < KINDS.size(); kind++) {
        traffic.put(
            KINDS.get(kind),
            new Traffic(
                counts.getAtIndex(JAVA_LONG, 3L * kind),
                counts.getAtIndex(JAVA_LONG, 3L * kind + 1),
                counts.getAtIndex(JAVA_LONG, 3L * kind + 2)));
      }
      return traffic;
    } catch (Throwable broken) {
      throw new AssertionError(broken);
    }
  }

  private static MethodHandle handle(String function, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(Driver.LIBRARY.findOrThrow(function), type);
  }

  static CudaDevice open(KernelLibrary library, CacheDirectory cache) {
    return new CudaDevice(Gpus.all().getFirst(), library, cache);
  }

  /** A device with other algorithms than its own. */
  record With(CudaDevice device, List<Algorithm<ConvProblem, ConvOperands>> own) implements Device {

    @Override
    public DeviceInfo info() {
      return device.info();
    }

    @Override
    public MemoryResource memory() {
      return device.memory();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <P, O> List<Algorithm<P, O>> algorithms(ProblemFamily<P, O> family) {
      return family.equals(ProblemFamily.CONVOLUTION)
          ? (List<Algorithm<P, O>>) (List<?>) own
          : List.of();
    }

    @Override
    public Block wrap(MemorySegment memory) {
      return device.wrap(memory);
    }

    @Override
    public void synchronize() {
      device.synchronize();
    }

    @Override
    public void close() {
      device.memory().close();
      device.close();
    }
  }
}
