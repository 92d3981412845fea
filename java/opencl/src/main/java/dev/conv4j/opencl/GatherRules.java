package dev.conv4j.opencl;

import dev.conv4j.Border;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvProblem;
import org.jspecify.annotations.Nullable;

/** What all kernels that gather x by 32-bit indices have in common. */
final class GatherRules {

  private GatherRules() {}

  /** Returns why such a kernel cannot take a problem, or null. */
  static @Nullable Refusal refusal(ConvProblem problem) {
    if (problem.options().direction() == Direction.BACKWARD_DATA
        && problem.convolution().border() != Border.ZEROS) {
      return new Refusal.Unsupported(Aspect.BORDER, "zeros for backward-data");
    }
    return OpenClAlgorithm.narrowIndexRefusal(problem);
  }

  /** Returns the same, and refuses backward-filter. */
  static @Nullable Refusal gatherRefusal(ConvProblem problem) {
    if (problem.options().direction() == Direction.BACKWARD_FILTER) {
      return new Refusal.Unsupported(Aspect.DIRECTION, "forward and backward-data");
    }
    return refusal(problem);
  }
}
