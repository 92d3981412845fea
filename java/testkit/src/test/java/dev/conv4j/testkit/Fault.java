package dev.conv4j.testkit;

/** Mistakes that kernels make, planted one at a time to see the suite turn red. */
enum Fault {
  NONE,
  /** The last column of every row is not computed. */
  TAIL_ONE_SHORT,
  /** The input is read one column off where there is padding before it. */
  WRONG_PADDING,
  /** One element behind the result is written. */
  WRITES_BEYOND_THE_RESULT,
  /** One element behind the workspace is written. */
  WRITES_BEYOND_THE_WORKSPACE,
  /** Scratch is added to without being cleared. */
  UNINITIALISED_SCRATCH,
  /** The bias is left out. */
  FORGETS_BIAS,
  /** The bias of channel 0 is used for all. */
  BIAS_OF_CHANNEL_ZERO,
  /** Rows of a batch are summed in an order that depends on the size of the batch. */
  BATCH_DEPENDENT_ORDER,
  /** The order of a sum changes from run to run. */
  CHANGES_FROM_RUN_TO_RUN,
  /** Relu swallows a residual. */
  ACTIVATION_BEFORE_RESIDUAL,
  /** Dilation is taken for 1. */
  IGNORES_DILATION,
  /** Groups are taken for 1 in the filter's index. */
  WRONG_GROUP,
  /** Height's stride is used for the width. */
  STRIDE_OF_THE_OTHER_AXIS,
  /** The gradient folds only the padding before the input back into it. */
  BORDER_NOT_FOLDED,
  /** Products are rounded to bf16. */
  LOW_PRECISION,
  /** The filter is scaled in place. */
  CHANGES_AN_OPERAND,
  /** The packed form leaves out the last filter. */
  PACKS_ONE_SHORT,
  /** Says it needs less scratch than it asks for. */
  UNDERSTATES_SCRATCH,
  /** Throws on odd widths. */
  THROWS,
  /** The mirrored filter is mirrored on the last axis only. */
  FLIPS_ONE_AXIS,
  /** Halves are rounded away from zero and not to even. */
  ROUNDS_TIES_UP,
  /** Padding holds zero and not the zero point. */
  PADS_WITH_ZERO
}
