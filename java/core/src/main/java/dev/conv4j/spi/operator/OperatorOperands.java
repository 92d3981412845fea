package dev.conv4j.spi.operator;

import dev.conv4j.spi.Block;
import java.util.List;

/**
 * The memory of one run of an operator. Blocks may be larger than the operand, which starts at the
 * block's beginning.
 *
 * @param inputs in the problem's order
 * @param result where the elements go; may be an input where the problem allows it
 */
public record OperatorOperands(List<Block> inputs, Block result) {

  /** Copies the list. */
  public OperatorOperands {
    inputs = List.copyOf(inputs);
  }
}
