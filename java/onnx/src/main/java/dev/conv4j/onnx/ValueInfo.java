package dev.conv4j.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model says of an input or output.
 *
 * @param name its name
 * @param type its element type, or null when the model does not say
 * @param dims its dimensions, each a number or a name for one that may vary ({@code batch}, or
 *     {@code ?}); null when the model does not say
 */
public record ValueInfo(String name, @Nullable ElementType type, @Nullable List<String> dims) {

  /** Copies the list. */
  public ValueInfo {
    dims = dims == null ? null : List.copyOf(dims);
  }

  @Override
  public String toString() {
    return name
        + " "
        + (type == null ? "tensor" : type.spelling())
        + (dims == null ? "[...]" : dims.toString());
  }
}
