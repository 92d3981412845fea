package dev.conv4j.opencl;

import dev.conv4j.DeviceFailureException;
import dev.conv4j.spi.kernels.CacheDirectory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_program;
import org.jspecify.annotations.Nullable;

/**
 * Built programs and their kernels, each made once for a device. Binaries go to disk, keyed by
 * source, options, device and driver; an entry the driver does not take is built again.
 */
final class Programs implements AutoCloseable {

  /**
   * One build at a time in a process: of several at once PoCL 3.1 loses temporary files more often.
   */
  private static final ReentrantLock BUILDING = new ReentrantLock();

  /**
   * What PoCL 3.1 says when it has lost one all the same; the next build of the program succeeds.
   */
  private static final String LOST_FILE = "unable to rename temporary";

  private static final int TRIES = 3;

  private final CommandQueue queue;
  private final KernelSource source;
  private final CacheDirectory cache;
  private final boolean keepsBinaries;
  private final Map<KernelVariant, Built> programs = new ConcurrentHashMap<>();
  private final Map<KernelVariant, Map<String, CompiledKernel>> kernels = new ConcurrentHashMap<>();
  private final Map<KernelVariant, String> hashes = new ConcurrentHashMap<>();
  private final Map<String, String> sourceHashes = new ConcurrentHashMap<>();

  /** A program and what the compiler said of it. */
  private record Built(cl_program program, String log) {}

  Programs(CommandQueue queue, KernelSource source, CacheDirectory cache) {
    this(queue, source, cache, !cachesItself(queue.device()));
  }

  /**
   * @param keepsBinaries whether binaries go to disk
   */
  Programs(CommandQueue queue, KernelSource source, CacheDirectory cache, boolean keepsBinaries) {
    this.queue = queue;
    this.source = source;
    this.cache = cache;
    this.keepsBinaries = keepsBinaries;
  }

  /**
   * PoCL has a cache of its own, and when asked for a binary it compiles every kernel of the
   * program once more, for work-groups of any size: most of the time a first call takes.
   */
  private static boolean cachesItself(DeviceDescription device) {
    return device.info().driver().startsWith("Portable Computing Language");
  }

  /** Returns a kernel, built if it is asked for the first time. */
  CompiledKernel kernel(KernelVariant variant, String entry) {
    return kernels
        .computeIfAbsent(variant, v -> new ConcurrentHashMap<>())
        .computeIfAbsent(
            entry,
            e -> {
              Built built = programs.computeIfAbsent(variant, this::program);
              return new CompiledKernel(queue, built.program, variant, e, built.log);
            });
  }

  /** Returns what identifies a variant's code: a hash over source and options. */
  String hash(KernelVariant variant) {
    return hashes.computeIfAbsent(
        variant, v -> CacheDirectory.sha256(source.text(v.stem()) + "\0" + options(v)));
  }

  /** Returns a hash over a kernel's source alone. */
  String sourceHash(String stem) {
    return sourceHashes.computeIfAbsent(stem, s -> CacheDirectory.sha256(source.text(s)));
  }

  private String options(KernelVariant variant) {
    String extra = System.getProperty("conv4j.opencl.options", "");
    String verbose = queue.device().hasAssemblerLog() ? AssemblerLog.OPTION : "";
    String half = queue.device().hasHalf() ? "-DHALF=1" : "";
    String language = variant.language(queue.device());
    return String.join(" ", language, variant.options(), half, verbose, extra).strip();
  }

  private Built program(KernelVariant variant) {
    if (!keepsBinaries) {
      cl_program program = fromSource(variant);
      return new Built(program, buildLog(program));
    }
    String key =
        CacheDirectory.sha256(
            hash(variant)
                + "\0"
                + queue.device().info().name()
                + "\0"
                + queue.device().info().driver());
    String file = "opencl/" + key + ".bin";
    Optional<byte[]> binary = cache.read(file).flatMap(Programs::intact);
    cl_program program = binary.map(bytes -> fromBinary(bytes, variant)).orElse(null);
    if (program == null) {
      program = fromSource(variant);
      byte[] fresh = binary(program);
      if (fresh.length > 0) {
        cache.write(file, sealed(fresh));
      }
    }
    return new Built(program, remembered("opencl/" + key + ".log", buildLog(program)));
  }

  /** A driver that has compiled this before says nothing of registers; the first time it did. */
  private String remembered(String file, String log) {
    if (AssemblerLog.tells(log)) {
      cache.write(file, log.getBytes(StandardCharsets.UTF_8));
      return log;
    }
    return cache.read(file).map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse(log);
  }

  /** A binary in front of its own hash: drivers have crashed on damaged ones. */
  private static byte[] sealed(byte[] binary) {
    byte[] seal = CacheDirectory.sha256(binary).getBytes(StandardCharsets.US_ASCII);
    byte[] whole = java.util.Arrays.copyOf(binary, binary.length + seal.length);
    System.arraycopy(seal, 0, whole, binary.length, seal.length);
    return whole;
  }

  private static Optional<byte[]> intact(byte[] whole) {
    if (whole.length <= 64) {
      return Optional.empty();
    }
    byte[] binary = java.util.Arrays.copyOf(whole, whole.length - 64);
    return java.util.Arrays.equals(sealed(binary), whole) ? Optional.of(binary) : Optional.empty();
  }

  private @Nullable cl_program fromBinary(byte[] binary, KernelVariant variant) {
    int[] rc = new int[1];
    cl_program program =
        CL.clCreateProgramWithBinary(
            queue.context(),
            1,
            new cl_device_id[] {queue.device().id()},
            new long[] {binary.length},
            new byte[][] {binary},
            null,
            rc);
    if (rc[0] != CL.CL_SUCCESS) {
      return null;
    }
    if (build(program, variant) != CL.CL_SUCCESS) {
      CL.clReleaseProgram(program);
      return null;
    }
    return program;
  }

  private cl_program fromSource(KernelVariant variant) {
    String text = source.text(variant.stem());
    for (int attempt = 1; ; attempt++) {
      int[] rc = new int[1];
      cl_program program =
          CL.clCreateProgramWithSource(queue.context(), 1, new String[] {text}, null, rc);
      Cl.check(rc[0], queue.id(), "creating program " + variant.stem());
      int result = build(program, variant);
      if (result == CL.CL_SUCCESS) {
        return program;
      }
      String log = buildLog(program);
      CL.clReleaseProgram(program);
      if (attempt == TRIES || !log.contains(LOST_FILE)) {
        throw new DeviceFailureException(
            queue.id() + ": building " + variant + " fails with " + Cl.name(result) + "\n" + log);
      }
    }
  }

  private int build(cl_program program, KernelVariant variant) {
    BUILDING.lock();
    try {
      return CL.clBuildProgram(program, 0, null, options(variant), null, null);
    } finally {
      BUILDING.unlock();
    }
  }

  private String buildLog(cl_program program) {
    long[] size = new long[1];
    CL.clGetProgramBuildInfo(program, queue.device().id(), CL.CL_PROGRAM_BUILD_LOG, 0, null, size);
    byte[] log = new byte[(int) Math.min(size[0], 1 << 20)];
    CL.clGetProgramBuildInfo(
        program, queue.device().id(), CL.CL_PROGRAM_BUILD_LOG, log.length, Pointer.to(log), null);
    return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  private static byte[] binary(cl_program program) {
    long[] size = new long[1];
    int rc = CL.clGetProgramInfo(program, CL.CL_PROGRAM_BINARY_SIZES, 8, Pointer.to(size), null);
    if (rc != CL.CL_SUCCESS || size[0] <= 0 || size[0] > 256 << 20) {
      return new byte[0];
    }
    byte[] binary = new byte[(int) size[0]];
    rc =
        CL.clGetProgramInfo(
            program, CL.CL_PROGRAM_BINARIES, 8, Pointer.to(Pointer.to(binary)), null);
    return rc == CL.CL_SUCCESS ? binary : new byte[0];
  }

  @Override
  public void close() {
    kernels.values().forEach(entries -> entries.values().forEach(CompiledKernel::close));
    programs.values().forEach(built -> CL.clReleaseProgram(built.program));
  }
}
