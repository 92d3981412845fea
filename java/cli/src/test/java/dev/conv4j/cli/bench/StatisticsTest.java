package dev.conv4j.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticsTest {

  @Test
  void theMedianIsInTheMiddle() {
    assertEquals(3, Statistics.of(9, 1, 3).median());
    assertEquals(2.5, Statistics.of(4, 1, 2, 3).median());
    assertEquals(1, Statistics.of(4, 1, 2, 3).min());
  }

  @Test
  void oneSampleIsItsOwnInterval() {
    assertEquals(new Statistics(1, 7, 7, 7, 7), Statistics.of(7));
  }

  /** Ranks from the binomial distribution in exact rational arithmetic, computed elsewhere. */
  @ParameterizedTest
  @CsvSource({
    "2,1,2",
    "5,1,5",
    "6,1,6",
    "8,1,8",
    "9,2,8",
    "20,6,15",
    "30,10,21",
    "50,18,33",
    "100,40,61",
    "120,49,72"
  })
  void theIntervalLiesBetweenTabulatedRanks(int n, int low, int high) {
    Statistics ranks = Statistics.of(IntStream.rangeClosed(1, n).asDoubleStream().toArray());
    assertEquals(low, ranks.low());
    assertEquals(high, ranks.high());
  }

  @Test
  void manySamplesFollowTheNormalDistribution() {
    Statistics ranks = Statistics.of(IntStream.rangeClosed(1, 10_000).asDoubleStream().toArray());
    assertEquals(5000.5 - 98, ranks.low(), 1.5);
    assertEquals(5000.5 + 98, ranks.high(), 1.5);
  }

  @Test
  void anOutlierMovesNeitherMedianNorInterval() {
    double[] sample = IntStream.rangeClosed(1, 30).asDoubleStream().toArray();
    Statistics before = Statistics.of(sample);
    sample[29] = 1e9;
    assertEquals(before, Statistics.of(sample));
  }
}
