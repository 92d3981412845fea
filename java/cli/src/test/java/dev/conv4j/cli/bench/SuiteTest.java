package dev.conv4j.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuiteTest {

  /** Multiply-adds as published for the distinct layers; lists without repetitions. */
  @ParameterizedTest
  @CsvSource({
    "resnet50,23",
    "vgg16,9",
    "mobilenetv2,30",
    "deepbench,103",
    "deepbench_server,103",
    "deepbench_train,90",
    "signal,8"
  })
  void builtInSuitesAreComplete(String name, int problems) {
    assertEquals(problems, Suite.load(name).problems().size());
  }

  @Test
  void anotherBatchMakesCopiesOne() {
    Suite suite = Suite.load("deepbench_server").withBatch(1);
    assertEquals(List.copyOf(new java.util.LinkedHashSet<>(suite.problems())), suite.problems());
  }
}
