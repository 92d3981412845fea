package dev.conv4j.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Writes ONNX files by hand, a field at a time. */
final class TinyModel {

  private final ByteArrayOutputStream graph = new ByteArrayOutputStream();
  private final long opset;

  TinyModel(long opset) {
    this.opset = opset;
  }

  static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  static void number(ByteArrayOutputStream out, int field, long value) {
    varint(out, (long) field << 3);
    varint(out, value);
  }

  static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    varint(out, ((long) field << 3) | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  static void text(ByteArrayOutputStream out, int field, String value) {
    bytes(out, field, value.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] message(Consumer<ByteArrayOutputStream> body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    body.accept(out);
    return out.toByteArray();
  }

  /** An input or output of floats whose dimensions are open. */
  TinyModel value(int field, String name) {
    byte[] type = message(t -> bytes(t, 1, message(tensor -> number(tensor, 1, 1))));
    bytes(
        graph,
        field,
        message(v -> {
          text(v, 1, name);
          bytes(v, 2, type);
        }));
    return this;
  }

  TinyModel input(String name) {
    return value(11, name);
  }

  /** An input of floats with these dimensions, names for open ones. */
  TinyModel input(String name, List<String> dims) {
    byte[] shape =
        message(s ->
            dims.forEach(dim ->
                bytes(
                    s,
                    1,
                    message(d -> {
                      if (dim.matches("[0-9]+")) {
                        number(d, 1, Long.parseLong(dim));
                      } else {
                        text(d, 2, dim);
                      }
                    }))));
    byte[] type =
        message(t ->
            bytes(
                t,
                1,
                message(tensor -> {
                  number(tensor, 1, 1);
                  bytes(tensor, 2, shape);
                })));
    bytes(
        graph,
        11,
        message(v -> {
          text(v, 1, name);
          bytes(v, 2, type);
        }));
    return this;
  }

  TinyModel output(String name) {
    return value(12, name);
  }

  TinyModel constant(String name, long[] dims, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    bytes(
        graph,
        5,
        message(t -> {
          for (long dim : dims) {
            number(t, 1, dim);
          }
          number(t, 2, 1);
          text(t, 8, name);
          bytes(t, 9, raw.array());
        }));
    return this;
  }

  /** A constant vector of int64. */
  TinyModel longs(String name, long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    bytes(
        graph,
        5,
        message(t -> {
          number(t, 1, values.length);
          number(t, 2, 7);
          text(t, 8, name);
          bytes(t, 9, raw.array());
        }));
    return this;
  }

  TinyModel external(String name, String location, long... dims) {
    bytes(
        graph,
        5,
        message(t -> {
          for (long dim : dims) {
            number(t, 1, dim);
          }
          number(t, 2, 1);
          text(t, 8, name);
          number(t, 14, 1);
          bytes(
              t,
              13,
              message(entry -> {
                text(entry, 1, "location");
                text(entry, 2, location);
              }));
        }));
    return this;
  }

  /** A node; inputs and the one output separated by blanks, {@code _} for one left out. */
  TinyModel node(String op, String inputs, String output, String... integerAttributes) {
    bytes(
        graph,
        1,
        message(n -> {
          for (String input : inputs.split(" ", -1)) {
            text(n, 1, input.equals("_") ? "" : input);
          }
          text(n, 2, output);
          text(n, 3, "the " + op);
          text(n, 4, op);
          for (String attribute : integerAttributes) {
            String[] parts = attribute.split("=", -1);
            bytes(n, 5, attribute(parts[0], parts[1]));
          }
        }));
    return this;
  }

  private static byte[] attribute(String name, String numbers) {
    String[] each = numbers.split(",", -1);
    return message(a -> {
      text(a, 1, name);
      for (String one : each) {
        number(a, each.length > 1 ? 8 : 3, Long.parseLong(one));
      }
      number(a, 20, each.length > 1 ? 7 : 2);
    });
  }

  byte[] write() {
    return message(m -> {
      number(m, 1, 8);
      bytes(m, 7, graph.toByteArray());
      bytes(m, 8, message(o -> number(o, 2, opset)));
    });
  }
}
