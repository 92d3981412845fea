package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.DeviceSettings;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The suite every backend passes: a subclass names the provider and inherits the tests.
 *
 * <pre>{@code
 * class CpuConformanceTest extends BackendConformance {
 *   @Override
 *   protected BackendProvider provider() {
 *     return new CpuBackend();
 *   }
 * }
 * }</pre>
 *
 * <p>Each algorithm runs by itself, through the SPI, on every problem it takes; what it refuses is
 * in the report with the reason. Results start as NaN with sentinels behind them, scratch starts
 * poisoned. {@code target/conformance/<label>.txt} says how much was compared, {@code .md} what.
 *
 * <p>A backend that is absent aborts the suite with the reason, or fails it where the property
 * {@code conv4j.test.require} names the backend.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendConformance {

  private static final long SEED = 0x5eed;

  private final Tally tally = new Tally();
  private final List<Device> devices = new ArrayList<>();

  /** Opens nothing yet. */
  protected BackendConformance() {}

  /** Returns the backend under test. */
  protected abstract BackendProvider provider();

  /** Returns the name of this run in reports: another one for a second run of the same backend. */
  protected String label() {
    return provider().name();
  }

  /** Returns the settings devices are opened with. */
  protected DeviceSettings settings() {
    return DeviceSettings.DEFAULT;
  }

  /** Returns the indices of the devices to test: all of them, unless overridden. */
  protected List<Integer> devices(List<DeviceInfo> found) {
    return found.stream().map(DeviceInfo::index).toList();
  }

  /** Returns the problems: {@link Problems#corpus} or {@link Problems#small}. */
  protected List<Convolution> corpus() {
    return Problems.corpus();
  }

  /** Returns the sentinel bytes behind each operand; 0 where a checker watches the bounds. */
  protected int guardBytes() {
    return 256;
  }

  /** Returns how many problems each fast algorithm must take for its test to mean something. */
  protected int leastProblems() {
    return 3;
  }

  /** Returns how many random problems to try. */
  protected int randomProblems() {
    return 200;
  }

  /** Returns the layers to run at full size, without the reference: a spread of the suites. */
  protected List<Convolution> layers() {
    List<Convolution> all = new ArrayList<>();
    Problems.suites().values().forEach(all::addAll);
    List<Convolution> affordable =
        all.stream().map(c -> c.withBatch(1)).distinct().filter(c -> c.flops() < 3e8).toList();
    return IntStream.range(0, affordable.size())
        .filter(i -> i % 8 == 0)
        .mapToObj(affordable::get)
        .toList();
  }

  /** Returns whether only the reference may take a plain f32 forward problem with zero padding. */
  protected boolean mayFallBack(ConvProblem problem) {
    return false;
  }

  @BeforeAll
  void openDevices() {
    switch (provider().probe()) {
      case Availability.Absent(String reason) -> {
        if (Required.backends().contains(provider().name())) {
          fail("backend " + provider().name() + " is required and absent: " + reason);
        }
        Assumptions.abort("backend " + provider().name() + " is absent: " + reason);
      }
      case Availability.Present present -> {
        for (int index : devices(present.devices())) {
          devices.add(provider().open(index, settings()));
        }
        assertFalse(devices.isEmpty(), "no device to test");
      }
    }
  }

  @AfterAll
  void closeDevicesAndReport() {
    if (devices.isEmpty()) {
      return;
    }
    tally.write(Path.of("target", "conformance"), label());
    System.out.println("conformance " + label() + ": " + tally.summary());
    for (Device device : devices) {
      try (device) {
        device.memory().close();
      }
    }
  }

  private List<Algorithm<ConvProblem, ConvOperands>> algorithms(Device device) {
    return device.algorithms(ProblemFamily.CONVOLUTION);
  }

  @TestFactory
  Stream<DynamicNode> everyAlgorithmAgreesWithTheOracle() {
    return devices.stream()
        .map(device -> {
          Tally own = new Tally();
          new Campaign(device, own, guardBytes()).run(corpus(), SEED);
          tally.add(own);
          return dynamicContainer(
              device.info().id() + " " + device.info().name(),
              ConformanceReport.nodes(algorithms(device), own, leastProblems()));
        });
  }

  @Test
  void aRowHasTheSameBitsAloneAndInABatch() {
    judge((device, own) -> new BatchRows(device, own, guardBytes()).run(corpus(), SEED));
  }

  @Test
  void theGradientsAreAdjointToTheForwardMap() {
    judge((device, own) -> new Adjointness(device, own, guardBytes()).run(corpus(), SEED));
  }

  @Test
  void randomProblemsAgreeWithTheOracle() {
    long seed = RandomProblems.seed();
    System.out.println(label() + ": random problems with -Dconv4j.test.seed=" + seed);
    for (Device device : devices) {
      String failure =
          new RandomCampaign(device, tally, guardBytes(), seed)
              .run(randomProblems(), Duration.ofSeconds(30));
      assertNull(failure, failure);
    }
  }

  /** Large sizes have their own mistakes; the oracle looks at a sample of the elements. */
  @Test
  void fullSizeLayersAgreeWithTheOracle() {
    List<Convolution> layers = layers();
    Assumptions.assumeFalse(layers.isEmpty(), "no suites below ${conv4j.shared}, or none wanted");
    judge((device, own) -> {
      Campaign campaign = new Campaign(device, own, guardBytes()).withoutReference();
      for (Convolution layer : layers) {
        campaign.run(
            layer,
            Recipe.plain(Direction.FORWARD, DataKind.INTEGER).under("full-size layers"),
            SEED);
      }
    });
  }

  private void judge(BiConsumer<Device, Tally> run) {
    for (Device device : devices) {
      Tally own = new Tally();
      run.accept(device, own);
      tally.add(own);
      assertTrue(own.failures() == 0, own::firstFailures);
      assertTrue(own.validations() > 0, "nothing was compared");
    }
  }

  @Test
  void theReferenceIsLastAndTakesEverythingWithoutScratch() {
    for (Device device : devices) {
      List<Algorithm<ConvProblem, ConvOperands>> all = algorithms(device);
      assertTrue(all.getLast().isReference(), "the last algorithm is not the reference");
      assertEquals(1, all.stream().filter(Algorithm::isReference).count(), "references");
      List<Convolution> corpus = corpus();
      for (int i = 0; i < corpus.size(); i++) {
        for (Recipe recipe : Recipe.of(corpus.get(i), i)) {
          for (Recipe.Orders orders : recipe.layouts()) {
            ConvProblem problem = recipe.problem(corpus.get(i), orders);
            Verdict verdict = all.getLast().check(problem);
            Verdict.Yes yes =
                assertInstanceOf(
                    Verdict.Yes.class, verdict, () -> "refused: " + Campaign.describe(problem));
            assertEquals(0, yes.workspaceBytes(), () -> Campaign.describe(problem));
            assertTrue(yes.deterministic(), () -> Campaign.describe(problem));
            assertEquals(1, yes.errorFactor(), () -> Campaign.describe(problem));
          }
        }
      }
    }
  }

  @Test
  void idsAreDistinctAndInKebabCase() {
    for (Device device : devices) {
      Set<String> ids = new HashSet<>();
      for (Algorithm<ConvProblem, ConvOperands> algorithm : algorithms(device)) {
        assertTrue(ids.add(algorithm.id()), () -> algorithm.id() + " comes twice");
        assertTrue(
            algorithm.id().matches("[a-z0-9]+(-[a-z0-9]+)*"),
            () -> "'" + algorithm.id() + "' is not in kebab case");
      }
    }
  }

  /** A plain f32 problem in either layout that only the reference takes is a silent slow path. */
  @Test
  void aFastAlgorithmTakesEveryPlainForwardProblem() {
    List<String> slow = new ArrayList<>();
    for (Device device : devices) {
      for (Convolution convolution : withSuites()) {
        for (Layout layout : Layout.values()) {
          ConvProblem problem =
              new ConvProblem(convolution, ConvOptions.builder().layout(layout).build());
          boolean fast =
              algorithms(device).stream()
                  .filter(a -> !a.isReference())
                  .map(a -> a.check(problem))
                  .anyMatch(v -> v instanceof Verdict.Yes yes && yes.deterministic());
          if (!fast && convolution.border() == Border.ZEROS && !mayFallBack(problem)) {
            slow.add(device.info().id() + " " + layout + " " + convolution);
          }
        }
      }
    }
    assertTrue(slow.isEmpty(), () -> "only the reference takes " + slow);
  }

  private List<Convolution> withSuites() {
    List<Convolution> all = new ArrayList<>(corpus());
    for (Map.Entry<String, List<Convolution>> suite : Problems.suites().entrySet()) {
      all.addAll(suite.getValue());
    }
    return all;
  }
}
