package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.ClosedException;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Shape;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** An engine for a class of tests, and what a backend may say about itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EngineFixture {

  /** Small problems of every kind an engine treats differently. */
  static final List<Convolution> PROBLEMS =
      Problems.parse(
          """
          n2c5i13x11k7f3x3p1
          n1c16i14x14k33f1x1
          n3c8i9x10k8f3x3s2p1g8
          n1c3i20x20k16f5x5s2p2
          n1c12i8x8k9f3x3d2p2g3
          n2c3i40k6f7p3
          n1c4i5x6x7k5f3x3x3p1
          """
              .lines());

  private @Nullable Engine engine;

  /** Returns the backend under test. */
  protected abstract BackendProvider provider();

  /** Returns how engines are opened. */
  protected EngineOptions options() {
    return EngineOptions.DEFAULT.withDevice(provider().name());
  }

  /** Returns whether only the reference may take a plain f32 forward problem with zero padding. */
  protected boolean mayFallBack(ConvProblem problem) {
    return false;
  }

  @BeforeAll
  void open() {
    if (provider().probe() instanceof Availability.Absent(String reason)) {
      if (Required.backends().contains(provider().name())) {
        fail("backend " + provider().name() + " is required and absent: " + reason);
      }
      Assumptions.abort("backend " + provider().name() + " is absent: " + reason);
    }
    engine = Engine.open(options());
  }

  @AfterAll
  void close() {
    Engine opened = engine;
    if (opened != null) {
      opened.close();
      assertThrows(ClosedException.class, () -> opened.tensor(Shape.of(1), DType.F32));
    }
  }

  static double factor(ConvPlan plan) {
    return plan.explain().candidates().stream()
        .filter(PlanExplanation.Candidate::taken)
        .mapToDouble(PlanExplanation.Candidate::errorFactor)
        .findFirst()
        .orElseThrow();
  }

  final Engine engine() {
    return Objects.requireNonNull(engine, "no engine is open");
  }

  final EngineRun runs() {
    return new EngineRun(engine());
  }
}
