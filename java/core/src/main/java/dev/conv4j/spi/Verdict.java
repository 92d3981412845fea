package dev.conv4j.spi;

import dev.conv4j.Refusal;
import java.util.List;

/** An algorithm's answer to a problem. */
public sealed interface Verdict {

  /**
   * It can.
   *
   * @param workspaceBytes scratch for one run whose filter is not packed: the most a run may need
   * @param predictedSeconds the model's time for one run; only the order between algorithms matters
   * @param errorFactor its rounding error as a multiple of the bound of a plain sum of products, at
   *     least 1
   * @param deterministic whether results depend on the operands alone, element by element
   * @param notes numeric or other remarks for the explanation
   */
  record Yes(
      long workspaceBytes,
      double predictedSeconds,
      double errorFactor,
      boolean deterministic,
      List<String> notes)
      implements Verdict {

    /** Copies the list. */
    public Yes {
      notes = List.copyOf(notes);
    }

    /**
     * A deterministic algorithm within the plain bound and nothing to remark.
     *
     * @param workspaceBytes scratch for one run
     * @param predictedSeconds the model's time for one run
     */
    public Yes(long workspaceBytes, double predictedSeconds) {
      this(workspaceBytes, predictedSeconds, 1, true, List.of());
    }
  }

  /**
   * It cannot.
   *
   * @param reason why not
   */
  record No(Refusal reason) implements Verdict {

    /**
     * Refuses for a property of the problem.
     *
     * @param aspect which property
     * @param detail a phrase that completes "takes only ..." or says what is missing
     */
    public No(Refusal.Aspect aspect, String detail) {
      this(new Refusal.Unsupported(aspect, detail));
    }
  }
}
