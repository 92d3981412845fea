package dev.conv4j.onnx.layout;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The cheapest way to part vertices in two groups: each has a price for being in a group, and each
 * link one for being cut (Dinic, "Algorithm for solution of a problem of maximum flow in networks
 * with power estimation"). Prices are whole numbers, so that the answer is exact.
 */
final class MinimumCut {

  /** More than any sum of prices. */
  static final long NEVER = Long.MAX_VALUE / 1024;

  private static final int SOURCE = 0;

  /** What is always in the second group. */
  static final int SECOND = 1;

  private final List<List<Integer>> links = new ArrayList<>();
  private final List<Integer> heads = new ArrayList<>();
  private final List<Long> rest = new ArrayList<>();
  private int[] level = {};
  private int[] next = {};

  MinimumCut() {
    vertex(0, 0);
    vertex(0, 0);
  }

  /**
   * Adds a vertex.
   *
   * @param first its price in the first group
   * @param second its price in the second group
   * @return its number
   */
  int vertex(long first, long second) {
    int number = links.size();
    links.add(new ArrayList<>());
    if (second > 0) {
      link(SOURCE, number, second);
    }
    if (first > 0) {
      link(number, SECOND, first);
    }
    return number;
  }

  /** Adds a price for one vertex being in the first group while the other is in the second. */
  void link(int inFirst, int inSecond, long price) {
    links.get(inFirst).add(heads.size());
    heads.add(inSecond);
    rest.add(price);
    links.get(inSecond).add(heads.size());
    heads.add(inFirst);
    rest.add(0L);
  }

  /** Returns which vertices are in the first group; what costs nothing either way is not. */
  boolean[] first() {
    while (reached()) {
      next = new int[links.size()];
      while (push()) {
        // Each turn fills one more way.
      }
    }
    boolean[] first = new boolean[links.size()];
    for (int i = 0; i < first.length; i++) {
      first[i] = level[i] >= 0;
    }
    return first;
  }

  private boolean reached() {
    level = new int[links.size()];
    Arrays.fill(level, -1);
    level[SOURCE] = 0;
    ArrayDeque<Integer> open = new ArrayDeque<>(List.of(SOURCE));
    while (!open.isEmpty()) {
      int from = open.remove();
      for (int link : links.get(from)) {
        int to = heads.get(link);
        if (level[to] < 0 && rest.get(link) > 0) {
          level[to] = level[from] + 1;
          open.add(to);
        }
      }
    }
    return level[SECOND] >= 0;
  }

  /** Fills one way from source to sink, or returns false when no level leads there any more. */
  private boolean push() {
    List<Integer> way = new ArrayList<>();
    int at = SOURCE;
    while (at != SECOND) {
      int link = open(at);
      if (link >= 0) {
        way.add(link);
        at = heads.get(link);
      } else if (way.isEmpty()) {
        return false;
      } else {
        at = heads.get(way.removeLast() ^ 1);
        next[at]++;
      }
    }
    long most = NEVER;
    for (int link : way) {
      most = Math.min(most, rest.get(link));
    }
    for (int link : way) {
      rest.set(link, rest.get(link) - most);
      rest.set(link ^ 1, rest.get(link ^ 1) + most);
    }
    return true;
  }

  /** Returns the next link that leads a level on, or -1. */
  private int open(int from) {
    List<Integer> out = links.get(from);
    for (; next[from] < out.size(); next[from]++) {
      int link = out.get(next[from]);
      if (level[heads.get(link)] == level[from] + 1 && rest.get(link) > 0) {
        return link;
      }
    }
    return -1;
  }
}
