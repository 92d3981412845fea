package dev.conv4j.opencl;

import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.Executable;
import java.util.Map;
import java.util.Objects;

/**
 * One launch on a packed filter; a filter that is not packed is packed into the scratch first.
 *
 * @param pack the packing kernel, which writes where the result and the workspace lie
 * @param packGrid its launch grid
 * @param packing its parameters
 * @param packedFilterBytes size of what it writes
 * @param multiply the kernel that reads it as its second operand
 * @param grid its launch grid
 * @param multiplying its parameters
 */
record PackedFilterExecutable(
    CompiledKernel pack,
    Grid packGrid,
    KernelRun packing,
    long packedFilterBytes,
    CompiledKernel multiply,
    Grid grid,
    KernelRun multiplying)
    implements Executable<ConvOperands> {

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return filterPacked ? 0 : packedFilterBytes;
  }

  @Override
  public void packFilter(Block filter, Block packed) {
    packing.launch(
        pack, packGrid, new ConvOperands(filter, filter, false, null, null, packed, packed));
  }

  @Override
  public void run(ConvOperands operands) {
    Block packed = operands.second();
    if (!operands.secondPacked()) {
      packed = Objects.requireNonNull(operands.workspace(), "workspace");
      packFilter(operands.second(), packed);
    }
    multiplying.launch(multiply, grid, operands, (OpenClBlock) packed);
  }

  @Override
  public Map<String, String> facts() {
    return KernelExecutable.facts(multiply);
  }
}
