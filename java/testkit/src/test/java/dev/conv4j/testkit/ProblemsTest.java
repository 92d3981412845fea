package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The corpus and the recipes cover what they say they cover. */
class ProblemsTest {

  private static final List<Convolution> CORPUS = Problems.corpus();

  @Test
  void theCorpusIsSmallEnoughToRunOften() {
    assertTrue(CORPUS.size() >= 200, "problems: " + CORPUS.size());
    for (Convolution problem : CORPUS) {
      assertTrue(problem.flops() / 2 <= 2_500_000, problem::toString);
    }
    assertTrue(CORPUS.stream().mapToLong(Convolution::flops).sum() < 100_000_000);
  }

  @Test
  void noProblemComesTwice() {
    Set<Convolution> seen = new HashSet<>();
    CORPUS.forEach(problem -> assertTrue(seen.add(problem), problem + " comes twice"));
  }

  @Test
  void theCorpusHasProblemsOfEveryKind() {
    for (List<Convolution> problems : List.of(CORPUS, Problems.small())) {
      assertEquals(
          EnumSet.allOf(Border.class),
          problems.stream().map(Convolution::border).collect(Collectors.toSet()));
      assertEquals(
          Set.of(1, 2, 3), problems.stream().map(Convolution::rank).collect(Collectors.toSet()));
      assertTrue(problems.stream().anyMatch(Convolution::isPointwise));
      assertTrue(problems.stream().anyMatch(Convolution::isDepthwise));
      assertTrue(problems.stream().anyMatch(c -> c.groups() > 1 && !c.isDepthwise()));
      assertTrue(problems.stream().anyMatch(c -> c.batch() > 1));
      assertTrue(problems.stream().anyMatch(c -> !c.padBegin().equals(c.padEnd())));
      assertTrue(problems.stream().anyMatch(c -> !c.dilation().equals(Axes.ONES)));
      assertTrue(problems.stream().anyMatch(c -> c.stride().w() > c.filter().w()));
      assertTrue(problems.stream().anyMatch(c -> c.filter().w() > c.input().w()));
      assertTrue(problems.stream().anyMatch(c -> c.stride().w() != c.stride().h()));
    }
  }

  @Test
  void theRecipesUseEveryOption() {
    List<Recipe> recipes =
        IntStream.range(0, CORPUS.size())
            .boxed()
            .flatMap(i -> Recipe.of(CORPUS.get(i), i).stream())
            .toList();
    List<ConvOptions> options = recipes.stream().map(Recipe::options).toList();
    assertEquals(
        EnumSet.allOf(Direction.class),
        options.stream().map(ConvOptions::direction).collect(Collectors.toSet()));
    assertEquals(
        EnumSet.allOf(Activation.Kind.class),
        options.stream().map(o -> o.epilogue().activation().kind()).collect(Collectors.toSet()));
    assertEquals(
        EnumSet.allOf(DType.class),
        options.stream()
            .flatMap(o -> List.of(o.inputType(), o.filterType(), o.outputType()).stream())
            .collect(Collectors.toSet()));
    assertTrue(options.stream().anyMatch(ConvOptions::flipped));
    assertTrue(options.stream().anyMatch(o -> o.epilogue().residual()));
    assertTrue(options.stream().anyMatch(o -> o.quantization().multipliers().size() > 1));
    assertTrue(options.stream().anyMatch(o -> o.quantization().filterZeros().size() > 1));
    assertTrue(recipes.stream().anyMatch(Recipe::inPlace));
  }

  @Test
  void everySuiteIsRead() {
    Assumptions.assumeFalse(Problems.suites().isEmpty(), "no suites below ${conv4j.shared}");
    assertEquals(23, Problems.suites().get("resnet50").size());
    Problems.suites()
        .forEach((name, problems) -> assertFalse(problems.isEmpty(), name + " is empty"));
  }

  @Test
  void theSameSeedDrawsTheSameProblems() {
    RandomProblems a = new RandomProblems(11);
    RandomProblems b = new RandomProblems(11);
    RandomProblems other = new RandomProblems(12);
    List<Convolution> first = IntStream.range(0, 20).mapToObj(i -> a.next()).toList();
    assertEquals(first, IntStream.range(0, 20).mapToObj(i -> b.next()).toList());
    assertNotEquals(first, IntStream.range(0, 20).mapToObj(i -> other.next()).toList());
  }

  @Test
  void shrinkingFindsTheSmallestProblemThatFails() {
    Convolution failing = Convolution.parse("n3c8i13x17k9f3x5s2p1:2d1x2");
    Convolution small =
        RandomProblems.shrink(failing, c -> c.stride().w() == 2 && c.channels() >= 3);
    assertEquals("n1c3i1x1k1f1x1s1x2", small.toString().replace("s2", "s1x2"));
  }
}
