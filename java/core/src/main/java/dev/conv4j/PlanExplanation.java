package dev.conv4j;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a plan came about: every candidate, taken or refused with a typed reason.
 *
 * @param problem the convolution
 * @param options how it was to be computed
 * @param device the device's id
 * @param algorithm the id of the algorithm taken, or empty when none was
 * @param reference whether that is the slow reference
 * @param workspaceBytes scratch of one run with an unpacked filter
 * @param packedFilterBytes size of a packed filter, 0 when it is read as it lies
 * @param candidates in the order of the backend's list
 * @param facts what the compiled algorithm says of itself: tile sizes and the like
 */
public record PlanExplanation(
    Convolution problem,
    ConvOptions options,
    String device,
    String algorithm,
    boolean reference,
    long workspaceBytes,
    long packedFilterBytes,
    List<Candidate> candidates,
    Map<String, String> facts) {

  /** Copies the collections. */
  public PlanExplanation {
    candidates = List.copyOf(candidates);
    facts = java.util.Collections.unmodifiableMap(new TreeMap<>(facts));
  }

  /**
   * One algorithm's part in the decision.
   *
   * @param algorithm its id
   * @param refusal why it was not taken, or null for the one that was
   * @param predictedSeconds the model's time, absent when the algorithm cannot run the problem
   * @param measuredSeconds a measured time from the tuning store, if there is one
   * @param workspaceBytes scratch it would need
   * @param errorFactor its declared rounding error, 1 for a plain sum
   * @param notes its remarks
   */
  public record Candidate(
      String algorithm,
      @Nullable Refusal refusal,
      OptionalDouble predictedSeconds,
      OptionalDouble measuredSeconds,
      long workspaceBytes,
      double errorFactor,
      List<String> notes) {

    /** Copies the list. */
    public Candidate {
      notes = List.copyOf(notes);
    }

    /** Returns whether this is the one the plan uses. */
    public boolean taken() {
      return refusal == null;
    }
  }

  /**
   * Returns the time one run should take on one thread, measured once by a tuning or else
   * predicted; good for comparing plans of one device.
   */
  public double seconds() {
    return candidates.stream()
        .filter(Candidate::taken)
        .mapToDouble(taken ->
            taken.measuredSeconds().orElse(taken.predictedSeconds().orElse(Double.MAX_VALUE)))
        .findFirst()
        .orElse(Double.MAX_VALUE);
  }

  /** Returns the explanation as lines for a person. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    out.append(problem)
        .append(' ')
        .append(options.direction())
        .append(options.resultRange() == null ? "" : " into " + options.resultRange())
        .append(" on ")
        .append(device)
        .append(": ");
    out.append(algorithm.isEmpty() ? "no algorithm" : algorithm)
        .append(reference ? " (the slow reference)" : "");
    out.append(", ").append(workspaceBytes).append(" bytes of scratch\n");
    for (Candidate candidate : candidates) {
      out.append(candidate.taken() ? "  * " : "    ").append(candidate.algorithm);
      Refusal why = candidate.refusal;
      out.append(": ").append(why == null ? "taken" : why.sentence());
      candidate.predictedSeconds.ifPresent(
          t -> out.append(String.format(Locale.ROOT, ", predicted %.3g ms", 1e3 * t)));
      candidate.measuredSeconds.ifPresent(
          t -> out.append(String.format(Locale.ROOT, ", measured %.3g ms", 1e3 * t)));
      candidate.notes.forEach(note -> out.append("; ").append(note));
      out.append('\n');
    }
    facts.forEach(
        (name, value) -> out.append("    ").append(name).append(" = ").append(value).append('\n'));
    return out.toString();
  }
}
