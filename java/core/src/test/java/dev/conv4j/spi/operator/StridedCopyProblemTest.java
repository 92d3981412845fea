package dev.conv4j.spi.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Copies with fewer axes. */
class StridedCopyProblemTest {

  @Test
  void whatIsOneStretchOnBothSidesIsOneAxis() {
    assertEquals(
        new StridedCopyProblem(List.of(120L), 3, List.of(1L), 0, List.of(1L)),
        new StridedCopyProblem(
                List.of(2L, 3L, 4L, 5L), 3, List.of(60L, 20L, 5L, 1L), 0, List.of(60L, 20L, 5L, 1L))
            .merged());
  }

  @Test
  void planesOfImagesTurnedAreOneAxisAndBatchesOfOneAreNone() {
    assertEquals(
        new StridedCopyProblem(List.of(35L, 8L), 0, List.of(1L, 35L), 0, List.of(8L, 1L)),
        new StridedCopyProblem(
                List.of(1L, 5L, 7L, 8L),
                0,
                List.of(280L, 7L, 1L, 35L),
                0,
                List.of(999L, 56L, 8L, 1L))
            .merged());
  }

  @Test
  void aGapOnOneSideKeepsAxesApart() {
    var padded = new StridedCopyProblem(List.of(3L, 4L), 0, List.of(4L, 1L), 7, List.of(5L, 1L));
    assertEquals(padded, padded.merged());
    var repeated = new StridedCopyProblem(List.of(3L, 4L), 0, List.of(0L, 1L), 0, List.of(4L, 1L));
    assertEquals(repeated, repeated.merged());
  }

  @Test
  void nothingIsLeftOfASingleElementAndAnEmptyAxisStays() {
    assertEquals(
        new StridedCopyProblem(List.of(), 4, List.of(), 2, List.of()),
        new StridedCopyProblem(List.of(1L, 1L), 4, List.of(9L, 9L), 2, List.of(3L, 3L)).merged());
    assertEquals(
        List.of(0L),
        new StridedCopyProblem(List.of(1L, 0L), 0, List.of(5L, 1L), 0, List.of(5L, 1L))
            .merged()
            .extents());
  }

  @Test
  void theSameElementsGoToTheSamePlacesInTheSameOrder() {
    SplittableRandom random = new SplittableRandom(1);
    int fewer = 0;
    for (int i = 0; i < 2000; i++) {
      StridedCopyProblem problem = problem(random);
      StridedCopyProblem merged = problem.merged();
      assertEquals(moves(problem), moves(merged), problem::toString);
      assertEquals(merged, merged.merged());
      fewer += merged.extents().size() < problem.extents().size() ? 1 : 0;
    }
    assertTrue(fewer > 500 && fewer < 2000, fewer + " with fewer axes");
  }

  /** Mostly dense, so that axes can be joined, with a gap or a turned axis here and there. */
  private static StridedCopyProblem problem(SplittableRandom random) {
    List<Long> extents = new ArrayList<>();
    List<Long> read = new ArrayList<>();
    List<Long> written = new ArrayList<>();
    long from = 1;
    long to = 1;
    for (int axes = 1 + random.nextInt(4); axes > 0; axes--) {
      long extent = random.nextInt(1, 5);
      from *= random.nextInt(4) == 0 ? random.nextInt(-1, 3) : 1;
      to *= random.nextInt(4) == 0 ? 2 : 1;
      extents.addFirst(extent);
      read.addFirst(from);
      written.addFirst(to);
      from *= extent;
      to *= extent;
    }
    return new StridedCopyProblem(extents, 100, read, 0, written);
  }

  /** Pairs of places, in order. */
  private static List<Long> moves(StridedCopyProblem problem) {
    List<Long> moves = new ArrayList<>();
    walk(problem, 0, problem.from(), problem.to(), moves);
    return moves;
  }

  private static void walk(
      StridedCopyProblem problem, int axis, long from, long to, List<Long> moves) {
    if (axis == problem.extents().size()) {
      moves.add(from);
      moves.add(to);
      return;
    }
    for (long i = 0; i < problem.extents().get(axis); i++) {
      walk(
          problem,
          axis + 1,
          from + i * problem.fromStrides().get(axis),
          to + i * problem.toStrides().get(axis),
          moves);
    }
  }
}
