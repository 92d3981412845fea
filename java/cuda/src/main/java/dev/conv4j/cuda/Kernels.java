package dev.conv4j.cuda;

import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.Certifier;
import dev.conv4j.spi.kernels.TuningStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** The kernels of one device, loaded when first asked for, and the constants they share. */
final class Kernels implements AutoCloseable {

  private final CudaContext context;
  private final KernelLibrary library;
  private final Certifier certifier;
  private final TuningStore tunings;
  private final Map<String, CudaKernel> loaded = new ConcurrentHashMap<>();
  private final Map<List<Integer>, CudaBlock> constants = new ConcurrentHashMap<>();

  Kernels(CudaContext context, KernelLibrary library, Certifier certifier, TuningStore tunings) {
    this.context = context;
    this.library = library;
    this.certifier = certifier;
    this.tunings = tunings;
  }

  Certifier certifier() {
    return certifier;
  }

  TuningStore tunings() {
    return tunings;
  }

  /** Returns what identifies the code of some variants. */
  String hash(List<KernelVariant> variants) {
    return variants.stream().map(library::hash).collect(Collectors.joining("+"));
  }

  /** Returns what identifies the tiles there are. */
  String tableHash() {
    return library.tableHash();
  }

  Gpu gpu() {
    return context.gpu();
  }

  /** Returns a line of the table without loading its code. */
  KernelVariant variant(String name) {
    return library.variant(name);
  }

  /** Returns whether the table has a line, and the device the shared memory for it. */
  boolean fits(String name) {
    return library.hasVariant(name) && variant(name).sharedBytes() <= gpu().sharedBytes();
  }

  /** Returns the kernel of a variant whose entry is named like its source, loading it first. */
  CudaKernel kernel(String name) {
    return kernel(name, library.variant(name).stem());
  }

  /** Returns one of a variant's kernels, loading it on first use. */
  CudaKernel kernel(String name, String entry) {
    KernelVariant variant = library.variant(name);
    return loaded.computeIfAbsent(
        name + " " + entry,
        absent -> new CudaKernel(context, variant, entry, library.image(variant)));
  }

  /**
   * Returns the memory with a quantization's numbers for each channel, shared by equal plans:
   * filter zeros, then the bits of the multipliers.
   */
  CudaBlock quantization(ConvProblem problem) {
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

  private CudaBlock constant(List<Integer> content) {
    int[] values = content.stream().mapToInt(Integer::intValue).toArray();
    long bytes = 4L * values.length;
    CudaBlock.Base address = new CudaBlock.Base();
    context.enter();
    context.check(JCudaDriver.cuMemAlloc(address, bytes), "allocating constants");
    context.check(
        JCudaDriver.cuMemcpyHtoDAsync(address, Pointer.to(values), bytes, context.stream()),
        "uploading constants");
    return new CudaBlock(address, 0, bytes);
  }

  @Override
  public void close() {
    context.enter();
    constants.values().forEach(block -> JCudaDriver.cuMemFree(block.base()));
    loaded.values().forEach(CudaKernel::close);
  }
}
