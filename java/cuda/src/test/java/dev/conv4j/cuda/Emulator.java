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
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** What the emulated driver exports beside the driver's own functions. */
@SuppressWarnings("restricted")
final class Emulator {

  static final int ALLOCATION = 0;
  static final int LAUNCH = 1;
  static final int COPY = 2;

  static final int OUT_OF_MEMORY = 2;
  static final int LAUNCH_FAILED = 719;

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
