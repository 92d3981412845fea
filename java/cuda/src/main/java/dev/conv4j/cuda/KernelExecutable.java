package dev.conv4j.cuda;

import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.Executable;
import java.util.Map;
import java.util.function.Consumer;

/** An algorithm without a packed filter, ready to run. */
record KernelExecutable(long scratch, Map<String, String> facts, Consumer<ConvOperands> body)
    implements Executable<ConvOperands> {

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return scratch;
  }

  @Override
  public void run(ConvOperands operands) {
    body.accept(operands);
  }
}
