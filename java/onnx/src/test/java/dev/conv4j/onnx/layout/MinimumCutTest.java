package dev.conv4j.onnx.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The cut costs as little as the best of all ways to part a few vertices. */
class MinimumCutTest {

  private static final int THINGS = 9;

  /** A price for one being in the first group and the other not; numbers below 2 are the ends. */
  private record Link(int first, int second, long price) {}

  private static long price(List<Link> links, boolean... first) {
    return links.stream()
        .filter(link -> first[link.first] && !first[link.second])
        .mapToLong(Link::price)
        .sum();
  }

  @Test
  void noOtherWayIsCheaper() {
    SplittableRandom random = new SplittableRandom(7);
    for (int turn = 0; turn < 300; turn++) {
      MinimumCut cut = new MinimumCut();
      List<Link> links = new ArrayList<>();
      for (int i = 0; i < THINGS; i++) {
        long inFirst = random.nextInt(3) == 0 ? 0 : random.nextInt(50);
        long inSecond = random.nextInt(3) == 0 ? 0 : random.nextInt(50);
        int vertex = cut.vertex(inFirst, inSecond);
        links.add(new Link(vertex, MinimumCut.SECOND, inFirst));
        links.add(new Link(0, vertex, inSecond));
      }
      for (int i = 0; i < 2 * THINGS; i++) {
        int a = 1 + random.nextInt(THINGS + 1);
        int b = 1 + random.nextInt(THINGS + 1);
        if (a != MinimumCut.SECOND && a != b) {
          long price = random.nextInt(40);
          cut.link(a, b, price);
          links.add(new Link(a, b, price));
        }
      }
      boolean[] first = cut.first();
      long best = Long.MAX_VALUE;
      for (int bits = 0; bits < 1 << THINGS; bits++) {
        boolean[] way = new boolean[THINGS + 2];
        way[0] = true;
        for (int i = 0; i < THINGS; i++) {
          way[i + 2] = (bits >> i & 1) != 0;
        }
        best = Math.min(best, price(links, way));
      }
      assertEquals(best, price(links, first));
    }
  }

  @Test
  void whatCostsNothingIsInTheSecondGroup() {
    MinimumCut cut = new MinimumCut();
    int vertex = cut.vertex(0, 0);
    assertFalse(cut.first()[vertex]);
  }

  @Test
  void longChainsNeedNoStack() {
    MinimumCut cut = new MinimumCut();
    int last = cut.vertex(0, 5);
    for (int i = 0; i < 100_000; i++) {
      int next = cut.vertex(0, 0);
      cut.link(last, next, 9);
      last = next;
    }
    cut.link(last, MinimumCut.SECOND, 3);
    assertEquals(true, cut.first()[last]);
  }
}
