package dev.conv4j;

import org.jspecify.annotations.Nullable;

/** Builds {@link ConvOptions} by naming what differs from the defaults. Not thread-safe. */
public final class ConvOptionsBuilder {

  private Direction direction = Direction.FORWARD;
  private DType inputType = DType.F32;
  private DType filterType = DType.F32;
  private DType outputType = DType.F32;
  private Layout layout = Layout.NCHW;
  private Layout filterLayout = Layout.NCHW;
  private Epilogue epilogue = Epilogue.NONE;
  private Quantization quantization = Quantization.NONE;
  private @Nullable ChannelRange resultRange;
  private boolean flipped;
  private MathMode mathMode = MathMode.STRICT;
  private Accuracy accuracy = Accuracy.STANDARD;
  private boolean deterministic = true;
  private long workspaceCap = Long.MAX_VALUE;
  private @Nullable String algorithm;
  private FallbackPolicy fallback = FallbackPolicy.WARN;

  ConvOptionsBuilder() {}

  ConvOptionsBuilder(ConvOptions from) {
    direction = from.direction();
    inputType = from.inputType();
    filterType = from.filterType();
    outputType = from.outputType();
    layout = from.layout();
    filterLayout = from.filterLayout();
    epilogue = from.epilogue();
    quantization = from.quantization();
    resultRange = from.resultRange();
    flipped = from.flipped();
    mathMode = from.mathMode();
    accuracy = from.accuracy();
    deterministic = from.deterministic();
    workspaceCap = from.workspaceCap();
    algorithm = from.algorithm();
    fallback = from.fallback();
  }

  /** Sets which product is computed. */
  public ConvOptionsBuilder direction(Direction product) {
    this.direction = product;
    return this;
  }

  /** Sets one type for all operands. */
  public ConvOptionsBuilder type(DType all) {
    return types(all, all, all);
  }

  /** Sets the types of x, w and y (or their gradients). */
  public ConvOptionsBuilder types(DType input, DType filter, DType output) {
    this.inputType = input;
    this.filterType = filter;
    this.outputType = output;
    return this;
  }

  /** Sets one memory order for all operands. */
  public ConvOptionsBuilder layout(Layout all) {
    this.layout = all;
    this.filterLayout = all;
    return this;
  }

  /** Sets the memory order of the filter alone. */
  public ConvOptionsBuilder filterLayout(Layout order) {
    this.filterLayout = order;
    return this;
  }

  /** Sets what is fused behind the sums. */
  public ConvOptionsBuilder epilogue(Epilogue fused) {
    this.epilogue = fused;
    return this;
  }

  /** Sets zero points and scales of an integer convolution. */
  public ConvOptionsBuilder quantization(Quantization affine) {
    this.quantization = affine;
    return this;
  }

  /** Makes the results channels of a larger tensor; null for a tensor of their own. */
  public ConvOptionsBuilder resultRange(@Nullable ChannelRange channels) {
    this.resultRange = channels;
    return this;
  }

  /** Mirrors the filter on every axis. */
  public ConvOptionsBuilder flipped(boolean mirrored) {
    this.flipped = mirrored;
    return this;
  }

  /** Sets the precision of the products. */
  public ConvOptionsBuilder mathMode(MathMode mode) {
    this.mathMode = mode;
    return this;
  }

  /** Sets which algorithms may be chosen by rounding error. */
  public ConvOptionsBuilder accuracy(Accuracy limit) {
    this.accuracy = limit;
    return this;
  }

  /** Sets whether results may depend on timing, threads, or the rest of the batch. */
  public ConvOptionsBuilder deterministic(boolean required) {
    this.deterministic = required;
    return this;
  }

  /** Sets the bytes of scratch one run may use. */
  public ConvOptionsBuilder workspaceCap(long bytes) {
    this.workspaceCap = bytes;
    return this;
  }

  /** Forces one algorithm by id; null lets the planner choose. */
  public ConvOptionsBuilder algorithm(@Nullable String id) {
    this.algorithm = id;
    return this;
  }

  /** Sets what happens when only the reference is left. */
  public ConvOptionsBuilder fallback(FallbackPolicy policy) {
    this.fallback = policy;
    return this;
  }

  /**
   * Returns the options.
   *
   * @throws InvalidArgumentException if they contradict one another
   */
  public ConvOptions build() {
    return new ConvOptions(
        direction,
        inputType,
        filterType,
        outputType,
        layout,
        filterLayout,
        epilogue,
        quantization,
        resultRange,
        flipped,
        mathMode,
        accuracy,
        deterministic,
        workspaceCap,
        algorithm,
        fallback);
  }
}
