package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionSpellingTest {

  private static final List<Border> BORDERS = List.of(Border.values());

  @Test
  void everyFieldIsRead() {
    Convolution c = Convolution.parse("n2c12i20x30k18f3x5s2x1p1:2x3d1x4g6breflect");
    Convolution expected =
        Convolution.builder()
            .batch(2)
            .channels(12)
            .input(20, 30)
            .filters(18)
            .filter(3, 5)
            .stride(2, 1)
            .padBegin(1, 3)
            .padEnd(2, 3)
            .dilation(1, 4)
            .groups(6)
            .border(Border.REFLECT)
            .build();
    assertEquals(expected, c);
  }

  /** The rank is that of i; fields come in any order; defaults are left out when written. */
  @ParameterizedTest(name = "{0} is written {1}")
  @CsvSource({
    "c64i56x56k64f3x3p1,                    n1c64i56x56k64f3x3p1",
    "n1c64i56x56k64f3x3s1p1d1g1,            n1c64i56x56k64f3x3p1",
    "k8f3i9c4,                              n1c4i9k8f3",
    "g2bzerosk8f3i9x9c4,                    n1c4i9x9k8f3x3g2",
    "n1c1i8x8k1f3,                          n1c1i8x8k1f3x3",
    "n1c1i8x8x8k1f3s2,                      n1c1i8x8x8k1f3x3x3s2",
    "n1c1i8x8k1f3x3s2x2p1x1d1x1,            n1c1i8x8k1f3x3s2p1",
    "n1c1i8x8k1f3x3p1:1x1:1,                n1c1i8x8k1f3x3p1",
    "n1c1i8x8k1f3x3p1:2,                    n1c1i8x8k1f3x3p1:2",
    "n1c1i8x8k1f3x3p1x0,                    n1c1i8x8k1f3x3p1x0",
    "n1c1i8x8k1f3x3p0:1x1:0,                n1c1i8x8k1f3x3p0:1x1:0",
    "n1c1i8x8x8k1f3x3x3p0x1x2:3,            n1c1i8x8x8k1f3x3x3p0x1x2:3",
    "n01c001i8k1f3,                         n1c1i8k1f3",
    "n1c1i8k1f3p1bcircular,                 n1c1i8k1f3p1bcircular"
  })
  void spellingIsCanonical(String text, String canonical) {
    Convolution c = Convolution.parse(text);
    assertEquals(canonical, c.toString());
    assertEquals(c, Convolution.parse(canonical));
  }

  @ParameterizedTest(name = "''{0}'': position {1} has {2}, expected {3}")
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "\"\",                      1,  the end, \"a problem such as n1c64i56x56k64f3x3p1\"",
        "x,                         1,  'x',     \"one of the letters n c i k f s p d g b\"",
        "n1c3i8x8k4f3x3q1,          15, 'q',     \"one of the letters n c i k f s p d g b\"",
        "N1c3i8k4f3,                1,  'N',     \"one of the letters n c i k f s p d g b\"",
        "n1 c3i8k4f3,               3,  ' ',     \"one of the letters n c i k f s p d g b\"",
        "nc3i8k4f3,                 2,  'c',     \"a number\"",
        "n-1c3i8k4f3,               2,  '-',     \"a number\"",
        "n1c3i8xk4f3,               8,  'k',     \"a number\"",
        "n1c3i8k4f3p1:,             14, the end, \"a number\"",
        "n1c3i8k4f3p,               12, the end, \"a number\"",
        "n1c3i8x8x8x8k4f3,          12, '8',     \"at most 3 axes\"",
        "n1c3i8k4f3p1x1x1x1,        18, '1',     \"at most 3 axes\"",
        "n1c3i99999999999999999999k4f3, 6, '9',  \"a number below 2^63\"",
        "n1c3i8k4f3bmirror,         12, 'm',     \"one of zeros, reflect, replicate, circular\"",
        "n1c3i8k4,                  9,  the end, \"also the field 'f' (c, i, k and f are required)\"",
        "n1,                        3,  the end, \"also the field 'c' (c, i, k and f are required)\"",
        "n1c3c4i8k4f3,              5,  'c',     \"each letter once ('c' came at position 3 before)\""
      })
  void anErrorSaysWhatWasExpectedAndWhere(
      String text, int position, String found, String expectation) {
    InvalidArgumentException error =
        assertThrows(InvalidArgumentException.class, () -> Convolution.parse(text));
    assertEquals("problem", error.argument());
    assertEquals("'" + text + "', where position " + position + " has " + found, error.value());
    assertEquals(expectation, error.expectation());
  }

  @Test
  void aBrokenRuleNamesTheWholeProblem() {
    InvalidArgumentException error =
        assertThrows(InvalidArgumentException.class, () -> Convolution.parse("n1c3i8k4f3g2"));
    assertEquals("channels of problem 'n1c3i8k4f3g2'", error.argument());
    assertEquals("a multiple of groups (2)", error.expectation());
    assertThrows(InvalidArgumentException.class, () -> Convolution.parse("n1c1i8k1f3x3"));
    assertThrows(InvalidArgumentException.class, () -> Convolution.parse("n0c1i8k1f3"));
  }

  /** Whatever is thrown at the parser, it answers with a problem or with a sentence. */
  @Test
  void damagedSpellingsAreNeverAnythingElseThanRefused() {
    SplittableRandom random = new SplittableRandom(20);
    String alphabet = "ncikfspdgb0123456789x: -.é\u0000\uffff";
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder("n2c12i20x30k18f3x5s2x1p1:2x3d1x4g6breflect");
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        char other = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, other);
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, other);
        }
      }
      try {
        Convolution c = Convolution.parse(text.toString());
        assertEquals(c, Convolution.parse(c.toString()));
        read++;
      } catch (InvalidArgumentException refused) {
        assertTrue(refused.getMessage().length() > 20, refused::getMessage);
      }
    }
    assertTrue(read > 500, "too few stayed legal: " + read);
  }

  @Test
  void randomProblemsSurviveARoundTrip() {
    SplittableRandom random = new SplittableRandom(10);
    for (int i = 0; i < 5000; i++) {
      int rank = 1 + random.nextInt(3);
      long groups = random.nextLong(1, 5);
      Convolution c =
          Convolution.builder()
              .batch(1 + random.nextInt(20))
              .groups(groups)
              .channels(groups * random.nextLong(1, 300))
              .filters(groups * random.nextLong(1, 300))
              .input(axes(random, rank, 20, 300))
              .filter(axes(random, rank, 1, 5))
              .stride(axes(random, rank, 1, 4))
              .padBegin(axes(random, rank, 0, 3))
              .padEnd(axes(random, rank, 0, 3))
              .dilation(axes(random, rank, 1, 4))
              .border(BORDERS.get(random.nextInt(BORDERS.size())))
              .build();
      assertEquals(c, Convolution.parse(c.toString()), c::toString);
    }
  }

  private static long[] axes(SplittableRandom random, int rank, int least, int most) {
    long[] values = new long[rank];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(least, most + 1);
    }
    return values;
  }

  @Test
  void suiteLinesAreCanonical() throws IOException {
    Path suites = Path.of(System.getProperty("conv4j.shared", ""), "suites");
    Assumptions.assumeTrue(Files.isDirectory(suites), "no suites below ${conv4j.shared}");
    int lines = 0;
    try (Stream<Path> files = Files.list(suites)) {
      for (Path file : files.toList()) {
        List<String> problems =
            Files.readAllLines(file).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        for (String line : problems) {
          assertEquals(line.strip(), Convolution.parse(line.strip()).toString());
          lines++;
        }
      }
    }
    assertTrue(lines > 100, "lines: " + lines);
  }
}
