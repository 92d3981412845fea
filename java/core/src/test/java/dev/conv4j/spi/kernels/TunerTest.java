package dev.conv4j.spi.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import org.junit.jupiter.api.Test;

class TunerTest {

  private static ConvProblem problem(String spelling, boolean deterministic) {
    return new ConvProblem(
        Convolution.parse(spelling), ConvOptions.builder().deterministic(deterministic).build());
  }

  /** Which algorithm a deterministic batch takes is decided by the times of a batch of one. */
  @Test
  void rowsOfDeterministicBatchesAreMeasuredToo() {
    ConvProblem batch = problem("n8c4i5x5k4f3x3", true);
    ConvProblem free = problem("n8c4i9x9k4f3x3", false);
    ConvProblem row = problem("n1c4i5x5k4f3x3", true);
    assertEquals(
        List.of(batch, free, row), List.copyOf(Tuner.withRows(List.of(batch, free, batch))));
    assertEquals(List.of(row), List.copyOf(Tuner.withRows(List.of(row))));
  }
}
