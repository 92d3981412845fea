package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExitCodeTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2 | ''                                                          | a command is missing
          2 | frobnicate                                                  | frobnicate
          2 | devices --jsno                                              | --jsno
          2 | bench --problem n1c3                                        | position 5
          2 | bench --problem n1c3i0x4k4f1x1                              | at least 1
          2 | bench --problem n1c3i4x4k-4f1x1                             | a number
          2 | bench --problem n1c3i4x4k4f9x9                              | padded input (4)
          2 | bench --problem n1c3i4x4k4f3x3g2                            | multiple of groups
          2 | bench --problem n99999999999c999999999i999999999k4f1        | below 2^63
          2 | bench --problem n1c1i99999999999x1k1f1x1 --device fake      | of this machine's memory
          2 | bench --suite alexnot                                       | resnet50, vgg16
          2 | bench --device tpu                                          | one of
          2 | bench --device fake,                                        | separated by commas
          3 | bench --device fake:3                                       | is absent
          3 | bench --device ghost                                        | libghost.so.1
          3 | verify --device fake,ghost:0                                | libghost.so.1
          3 | bench --device cuda:0                                       | cuda:0 is absent
          2 | bench --batch 0                                             | batch is 0
          2 | bench --batch x                                             | --batch
          2 | bench --threads 0                                           | at least 1
          2 | bench --threads 1,x                                         | --threads
          2 | bench --seconds 0                                           | above 0
          2 | bench --seconds Infinity                                    | above 0
          2 | bench --dtype f8                                            | f32
          2 | bench --dtype i32                                           | f32
          2 | bench --layout chwn                                         | NHWC
          2 | bench --peers nobody                                        | mirror, missing
          2 | bench --peers missing                                       | libmissing.so
          2 | bench --json /nowhere/at/all.json                           | does not exist
          2 | bench --device fake --problem n1c1i4k1f1 --algorithm magic  | plain, wrong, lazy, sloppy, reference
          2 | verify --device fake --problem n1c1i4k1f1 --algorithm magic | plain
          2 | verify --problem n1c1i4k1f1,sideways                        | position
          2 | verify somewhere                                            | expected a folder of ONNX tests
          2 | run model.onnx --repeat 3                                   | is not a file
          2 | tune --budget soon                                          | such as 60s
          2 | filter                                                      | IN
          2 | filter in.png out.png                                       | --kernel
          3 | filter ../../docs/images/lake.png target/o.png --kernel sobel --device ghost | libghost
          """)
  void badUsageEndsWithItsCodeAndOneSentence(int code, String line, String hint) {
    CommandLineRun run = line.isEmpty() ? CommandLineRun.of() : CommandLineRun.ofLine(line);
    assertEquals(code, run.code(), run.err());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("conv4j: "), run.err());
    assertTrue(run.err().contains(hint), run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"devices", "filter", "bench", "verify", "run", "tune"})
  void everyCommandExplainsItself(String command) {
    CommandLineRun run = CommandLineRun.of(command, "--help");
    assertEquals(0, run.code());
    assertTrue(run.out().startsWith("Usage: conv4j " + command), run.out());
    assertEquals("", run.err());
  }

  @Test
  void theProgramListsItsCommands() {
    CommandLineRun run = CommandLineRun.of("--help");
    assertEquals(0, run.code());
    for (String command : new String[] {"devices", "filter", "bench", "verify", "run", "tune"}) {
      assertTrue(run.out().contains("  " + command), command);
    }
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    CommandLineRun run = CommandLineRun.of("--version");
    assertEquals(0, run.code());
    assertTrue(run.out().startsWith("conv4j " + BuildInfo.load().version()), run.out());
    assertFalse(run.out().contains("$"), run.out());
  }
}
