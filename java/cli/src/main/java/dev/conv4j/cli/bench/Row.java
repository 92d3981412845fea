package dev.conv4j.cli.bench;

import dev.conv4j.Convolution;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What came out for one problem and one contestant.
 *
 * @param suite where the problem is from
 * @param problem the convolution
 * @param who what ran it
 * @param format types and memory order
 * @param check what the oracle said
 * @param seconds times of one run; null when the check failed or nothing ran
 * @param scratchBytes scratch memory of one run
 * @param peakFlops the ceiling measured in the same run, empty when unknown
 * @param repro a command line that measures this again, empty for a peer
 */
public record Row(
    String suite,
    Convolution problem,
    Who who,
    Task.Format format,
    Verdict check,
    @Nullable Statistics seconds,
    long scratchBytes,
    OptionalDouble peakFlops,
    String repro) {

  /**
   * A contestant: one of our devices, or another library.
   *
   * @param device the device's id, null for a peer
   * @param algorithm the algorithm's id, null for a peer
   * @param peer the peer's name, null for a device
   * @param peerVersion the peer's version, null for a device
   * @param form the memory order a peer works in, null for a device
   * @param threads CPU threads, 0 where the device has none of ours
   * @param planned whether the algorithm is the one the planner takes by itself
   */
  public record Who(
      @Nullable String device,
      @Nullable String algorithm,
      @Nullable String peer,
      @Nullable String peerVersion,
      Peer.@Nullable Form form,
      int threads,
      boolean planned) {

    /** Returns one of our devices. */
    static Who device(String device, @Nullable String algorithm, int threads) {
      return new Who(device, algorithm, null, null, null, threads, false);
    }

    /** Returns another library. */
    static Who peer(String name, String version, Peer.Form form, int threads) {
      return new Who(null, null, name, version, form, threads, false);
    }

    /**
     * Returns the same with the algorithm that runs.
     *
     * @param runs its id
     * @param plannerTakes the id of the one the planner takes by itself
     */
    Who with(String runs, String plannerTakes) {
      return new Who(device, runs, peer, peerVersion, form, threads, runs.equals(plannerTakes));
    }
  }

  /** Returns the same with a peak to compare with. */
  Row withPeak(OptionalDouble peak) {
    return new Row(suite, problem, who, format, check, seconds, scratchBytes, peak, repro);
  }

  /** Returns operations for each second by the count of the direct method; empty without a time. */
  public OptionalDouble flops() {
    return seconds == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(problem.flops() / seconds.median());
  }

  /** Returns the share of the measured peak; empty without a time or a peak. */
  public OptionalDouble shareOfPeak() {
    return flops().isPresent() && peakFlops.isPresent()
        ? OptionalDouble.of(flops().getAsDouble() / peakFlops.getAsDouble())
        : OptionalDouble.empty();
  }

  /**
   * Returns whether the algorithm does fewer operations than the direct method, so that its rate is
   * only an equivalent and may pass the peak.
   */
  public boolean directEquivalent() {
    String id = who.algorithm;
    return id != null && (id.startsWith("winograd") || id.startsWith("fft"));
  }
}
