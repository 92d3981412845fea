package dev.conv4j.cli.check;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.cli.Problems;
import java.util.ArrayList;
import java.util.List;

/**
 * A problem with the options to verify it under, spelled as a line of words: {@code
 * n1c8i7x7k8f3x3p1 nhwc bias relu}.
 *
 * @param problem the convolution
 * @param options the options, no algorithm forced
 * @param spelling the line
 */
public record Case(Convolution problem, ConvOptions options, String spelling) {

  private static final String WORDS =
      "forward, backward-data, backward-filter, nhwc, f64, f16, bf16, i8, u8, flipped, bias,"
          + " residual, relu, relu6, leaky or hard-swish";

  private static final String[] DIRECTIONS = {"forward", "backward-data", "backward-filter"};

  /** Returns the cases of a list; a line that names no direction stands for all that it can. */
  public static List<Case> of(Problems list) {
    List<Case> cases = new ArrayList<>();
    for (Problems.Line line : list.lines()) {
      if (line.words().isEmpty()) {
        for (String direction : DIRECTIONS) {
          cases.add(of(line.problem(), List.of(direction)));
        }
      } else {
        cases.add(of(line.problem(), line.words()));
      }
    }
    return cases;
  }

  /** Returns the case of a line. */
  private static Case of(Convolution problem, List<String> words) {
    ConvOptionsBuilder options = ConvOptions.builder().fallback(FallbackPolicy.ALLOW);
    boolean bias = false;
    boolean residual = false;
    Activation activation = Activation.NONE;
    for (String word : words) {
      switch (word) {
        case "bias" -> bias = true;
        case "residual" -> residual = true;
        case "relu" -> activation = Activation.RELU;
        case "relu6" -> activation = Activation.RELU6;
        case "leaky" -> activation = Activation.leakyRelu(0.125f);
        case "hard-swish" -> activation = Activation.HARD_SWISH;
        default -> apply(word, options);
      }
    }
    options.epilogue(new Epilogue(bias, residual, activation));
    return new Case(problem, options.build(), problem + " " + String.join(" ", words));
  }

  private static void apply(String word, ConvOptionsBuilder options) {
    switch (word) {
      case "forward" -> options.direction(Direction.FORWARD);
      case "backward-data" -> options.direction(Direction.BACKWARD_DATA);
      case "backward-filter" -> options.direction(Direction.BACKWARD_FILTER);
      case "nhwc" -> options.layout(Layout.NHWC);
      case "flipped" -> options.flipped(true);
      case "f64" -> options.type(DType.F64);
      case "f16" -> options.type(DType.F16);
      case "bf16" -> options.type(DType.BF16);
      case "i8" -> options.types(DType.I8, DType.I8, DType.I32);
      case "u8" -> options.types(DType.U8, DType.I8, DType.I32);
      default -> throw new InvalidArgumentException("word", "'" + word + "'", WORDS);
    }
  }

  @Override
  public String toString() {
    return spelling;
  }
}
