package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Moves;
import java.util.Arrays;

/**
 * One axis of a {@link Patch}: the positions that a run of result points reads, reordered so that
 * for each tap they follow one another. With stride s there are up to s phases, each of positions s
 * apart; only those that a tap reads are there.
 */
final class PatchAxis {

  /** A zero outside the source. */
  static final long ZERO = Moves.ZEROS;

  /** Not read at all. */
  static final long UNREAD = Moves.LEFT_ALONE;

  private final GridAxis axis;

  /** For each phase the position of its first element for point 0, and its place in the patch. */
  private final long[] position;

  private final int[] start;

  /** For each phase how many elements more than points it has. */
  private final int[] reach;

  /** For each tap its element for point 0. */
  private final int[] tapAt;

  /**
   * @param axis the axis
   * @param points the most points in a run
   */
  PatchAxis(GridAxis axis, int points) {
    this.axis = axis;
    int taps = axis.offsets().size();
    long low = axis.offsets().stream().mapToLong(Long::longValue).min().orElse(0);
    long[] residues =
        axis.offsets().stream()
            .mapToLong(o -> (o - low) % axis.step())
            .sorted()
            .distinct()
            .toArray();
    this.reach = new int[residues.length];
    int[] phaseOf = new int[taps];
    this.tapAt = new int[taps];
    for (int tap = 0; tap < taps; tap++) {
      long distance = axis.offsets().get(tap) - low;
      phaseOf[tap] = Arrays.binarySearch(residues, distance % axis.step());
      tapAt[tap] = Math.toIntExact(distance / axis.step());
      reach[phaseOf[tap]] = Math.max(reach[phaseOf[tap]], tapAt[tap]);
    }
    this.position = new long[residues.length];
    this.start = new int[residues.length + 1];
    for (int phase = 0; phase < residues.length; phase++) {
      position[phase] = low + residues[phase];
      start[phase + 1] = Math.addExact(start[phase], Math.addExact(points, reach[phase]));
    }
    for (int tap = 0; tap < taps; tap++) {
      tapAt[tap] += start[phaseOf[tap]];
    }
  }

  /** Returns the elements along this axis. */
  int length() {
    return start[start.length - 1];
  }

  int phases() {
    return position.length;
  }

  int start(int phase) {
    return start[phase];
  }

  /** Returns the elements of a phase that a run of points reads. */
  int length(int phase, int points) {
    return points + reach[phase];
  }

  /** Returns the element a tap of a run's first point reads; the next point's is the next one. */
  int tapAt(int tap) {
    return tapAt[tap];
  }

  /** Returns the position in the source of a phase's first element. */
  long position(int phase, long firstPoint) {
    return position[phase] + firstPoint * axis.step();
  }

  /**
   * Returns the source coordinate for each element of a run: {@link #ZERO} for a zero, {@link
   * #UNREAD} for an element that only longer runs read.
   */
  long[] sources(long firstPoint, int points) {
    long[] sources = new long[length()];
    Arrays.fill(sources, UNREAD);
    for (int phase = 0; phase < phases(); phase++) {
      for (int i = 0; i < length(phase, points); i++) {
        sources[start[phase] + i] = axis.resolve(position(phase, firstPoint) + i * axis.step());
      }
    }
    return sources;
  }
}
