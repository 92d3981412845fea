package dev.conv4j.opencl;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.Certifier;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_mem;

/** What the algorithms of one device share. */
final class KernelContext implements AutoCloseable {

  private final CommandQueue queue;
  private final Programs programs;
  private final Certifier certifier;
  private final TuningStore tunings;
  private final Map<List<Integer>, OpenClBlock> constants = new ConcurrentHashMap<>();

  KernelContext(CommandQueue queue, Programs programs, Certifier certifier, TuningStore tunings) {
    this.queue = queue;
    this.programs = programs;
    this.certifier = certifier;
    this.tunings = tunings;
  }

  TuningStore tunings() {
    return tunings;
  }

  Certifier certifier() {
    return certifier;
  }

  CommandQueue queue() {
    return queue;
  }

  Programs programs() {
    return programs;
  }

  DeviceDescription device() {
    return queue.device();
  }

  /** Returns the kernel file with a problem's types, layout and direction. */
  KernelVariant variant(String stem, ConvProblem problem, Tuning tuning, String... flags) {
    ConvOptions options = problem.options();
    Map<String, String> macros = new TreeMap<>();
    macros.put("X_TYPE", code(firstType(options)));
    macros.put("W_TYPE", code(secondType(options)));
    macros.put("Y_TYPE", code(options.resultType()));
    macros.put("LAYOUT", options.layout().name());
    macros.put("DIRECTION", options.direction().name());
    for (String flag : flags) {
      macros.put(flag, "1");
    }
    return KernelVariant.of(stem, macros, tuning);
  }

  /** Returns what the kernels call a type. */
  static String code(DType type) {
    // The number, not the name: the name is a macro, and would be pasted before it is expanded.
    return Integer.toString(KernelParams.code(type));
  }

  static DType firstType(ConvOptions options) {
    return options.direction() == Direction.BACKWARD_DATA
        ? options.outputType()
        : options.inputType();
  }

  static DType secondType(ConvOptions options) {
    return options.direction() == Direction.BACKWARD_FILTER
        ? options.outputType()
        : options.filterType();
  }

  /** Returns the buffer with a quantization's per-channel numbers, shared by equal plans. */
  OpenClBlock quantization(ConvProblem problem) {
    Quantization q = problem.options().quantization();
    int filters = Math.toIntExact(problem.convolution().filters());
    List<Integer> content = new ArrayList<>();
    for (int k = 0; k < filters; k++) {
      content.add(q.filterZero(k));
    }
    for (int k = 0; k < filters && !q.multipliers().isEmpty(); k++) {
      content.add(Float.floatToRawIntBits(q.multiplier(k)));
    }
    return constants.computeIfAbsent(content, this::constant);
  }

  private OpenClBlock constant(List<Integer> content) {
    int[] values = content.stream().mapToInt(Integer::intValue).toArray();
    int[] rc = new int[1];
    cl_mem memory =
        CL.clCreateBuffer(
            queue.context(),
            CL.CL_MEM_READ_ONLY | CL.CL_MEM_COPY_HOST_PTR,
            4L * values.length,
            Pointer.to(values),
            rc);
    Cl.check(rc[0], queue.id(), "allocating constants");
    return new OpenClBlock(memory, 0, 4L * values.length);
  }

  @Override
  public void close() {
    programs.close();
    constants.values().forEach(block -> CL.clReleaseMemObject(block.memory()));
  }
}
