package dev.conv4j;

import java.util.Locale;

/** Why an algorithm was not taken. */
public sealed interface Refusal {

  /** The property of a problem an algorithm cannot handle. */
  enum Aspect {
    /** The direction. */
    DIRECTION,
    /** An operand's type. */
    DTYPE,
    /** The memory order. */
    LAYOUT,
    /** Extents, stride, padding or dilation. */
    SHAPE,
    /** The number of groups. */
    GROUPS,
    /** The border rule. */
    BORDER,
    /** The epilogue. */
    EPILOGUE,
    /** The math mode. */
    MATH_MODE,
    /** A size beyond the kernel's index width. */
    INDEX_WIDTH,
    /** A feature the device lacks. */
    DEVICE
  }

  /** Returns the reason as a short sentence without a full stop. */
  String sentence();

  /**
   * The algorithm does not do this.
   *
   * @param aspect which property of the problem
   * @param detail what the algorithm does instead
   */
  record Unsupported(Aspect aspect, String detail) implements Refusal {
    @Override
    public String sentence() {
      return aspect.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + detail;
    }
  }

  /**
   * It needs more scratch than allowed.
   *
   * @param need bytes it needs
   * @param cap bytes allowed
   */
  record WorkspaceCap(long need, long cap) implements Refusal {
    @Override
    public String sentence() {
      return "needs " + need + " bytes of scratch, allowed are " + cap;
    }
  }

  /** Its results depend on timing or on the rest of the batch. */
  record Nondeterministic() implements Refusal {
    @Override
    public String sentence() {
      return "not deterministic";
    }
  }

  /**
   * Its rounding error is beyond the accuracy asked for.
   *
   * @param factor its declared error factor
   */
  record Inaccurate(double factor) implements Refusal {
    @Override
    public String sentence() {
      return String.format(
          Locale.ROOT, "rounding error up to %.0f times that of a plain sum", factor);
    }
  }

  /**
   * It gave a wrong result on this device before.
   *
   * @param verdict what was found
   */
  record Quarantined(String verdict) implements Refusal {
    @Override
    public String sentence() {
      return "quarantined: " + verdict;
    }
  }

  /**
   * Another one was forced by id.
   *
   * @param forced the id asked for
   */
  record NotForced(String forced) implements Refusal {
    @Override
    public String sentence() {
      return "algorithm " + forced + " was asked for";
    }
  }

  /**
   * It would run, only slower than the one taken.
   *
   * @param factor its predicted time over that of the one taken
   */
  record Slower(double factor) implements Refusal {
    @Override
    public String sentence() {
      return String.format(Locale.ROOT, "slower (x%.2f)", factor);
    }
  }
}
