package dev.conv4j.opencl;

import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.Executable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** An executable that reads the filter as it lies. */
final class KernelExecutable implements Executable<ConvOperands> {

  private final long workspaceBytes;
  private final Map<String, String> facts;
  private final Consumer<ConvOperands> run;

  KernelExecutable(long workspaceBytes, Map<String, String> facts, Consumer<ConvOperands> run) {
    this.workspaceBytes = workspaceBytes;
    this.facts = facts;
    this.run = run;
  }

  /** Returns what is known of a kernel. */
  static Map<String, String> facts(CompiledKernel kernel) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("kernel", kernel.entry());
    if (!kernel.variant().tuning().values().isEmpty()) {
      facts.put("tile", kernel.variant().tuning().toString());
    }
    facts.putAll(kernel.resources().facts());
    return facts;
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return workspaceBytes;
  }

  @Override
  public void run(ConvOperands operands) {
    run.accept(operands);
  }

  @Override
  public Map<String, String> facts() {
    return facts;
  }
}
