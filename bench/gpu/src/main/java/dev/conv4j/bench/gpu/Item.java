package dev.conv4j.bench.gpu;

import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import java.util.Locale;

/**
 * One comparison: a problem of a suite in a mode and a direction.
 *
 * @param suite where the problem is from
 * @param problem with the suite's batch
 * @param mode precision and memory order
 * @param direction which product
 */
record Item(String suite, Convolution problem, Mode mode, Direction direction) {

  /** Returns the name under which it is written down. */
  String key() {
    return suite + " " + problem + " " + mode + " " + directionName();
  }

  String directionName() {
    return direction.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
