package dev.conv4j.onnx.graph;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node's attributes, read by name and kind. Immutable. */
public final class Attributes {

  /** None. */
  public static final Attributes NONE = new Attributes(Map.of());

  private final Map<String, Object> values;

  /**
   * @param values Long, Float, String, OnnxTensor, long[], or a List of Float or String
   */
  public Attributes(Map<String, Object> values) {
    this.values = Map.copyOf(values);
  }

  /** Returns whether there is one of that name. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** Returns a number, or what it is when missing. */
  public long integer(String name, long missing) {
    Object value = values.get(name);
    return value == null ? missing : as(name, value, Long.class, "an integer");
  }

  /** Returns whether a number that serves as a flag is set. */
  public boolean flag(String name, boolean missing) {
    return integer(name, missing ? 1 : 0) != 0;
  }

  /** Returns a number that must be there. */
  public long integer(String name) {
    return as(name, required(name), Long.class, "an integer");
  }

  /** Returns a real number, or what it is when missing. */
  public float real(String name, float missing) {
    Object value = values.get(name);
    return value == null ? missing : as(name, value, Float.class, "a float");
  }

  /** Returns a text, or what it is when missing. */
  public String text(String name, String missing) {
    Object value = values.get(name);
    return value == null ? missing : as(name, value, String.class, "a string");
  }

  /** Returns numbers, or null when missing. */
  public long @Nullable [] integers(String name) {
    Object value = values.get(name);
    return value == null ? null : as(name, value, long[].class, "integers").clone();
  }

  /** Returns real numbers, or null when missing. */
  public float @Nullable [] reals(String name) {
    Object value = values.get(name);
    if (value == null) {
      return null;
    }
    List<?> list = as(name, value, List.class, "floats");
    float[] reals = new float[list.size()];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = as(name, list.get(i), Float.class, "floats");
    }
    return reals;
  }

  /** Returns a tensor, or null when missing. */
  public @Nullable OnnxTensor tensor(String name) {
    Object value = values.get(name);
    return value == null ? null : as(name, value, OnnxTensor.class, "a tensor");
  }

  /** Returns these with one more, or another value for one of them. */
  public Attributes with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Attributes(more);
  }

  private Object required(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new InvalidArgumentException("attribute " + name, "missing", "one");
    }
    return value;
  }

  private static <T> T as(String name, Object value, Class<T> kind, String expected) {
    if (!kind.isInstance(value)) {
      throw new InvalidArgumentException(
          "attribute " + name, "of kind " + value.getClass().getSimpleName(), expected);
    }
    return kind.cast(value);
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
