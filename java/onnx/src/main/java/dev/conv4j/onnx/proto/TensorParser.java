package dev.conv4j.onnx.proto;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.proto.Messages.TensorProto;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads TensorProto. Elements lie in the file as raw bytes, as packed or single numbers of a typed
 * field, or in a file of their own. Nothing is allocated before the file is known to hold as many
 * elements as the dimensions say.
 */
public final class TensorParser {

  private static final long EXTERNAL = 1;

  private final ExternalData externalData;

  TensorParser(ExternalData externalData) {
    this.externalData = externalData;
  }

  /**
   * Reads a file that holds one tensor, as conformance data do.
   *
   * @param source what the bytes are, for messages
   * @param memory the file's bytes, native
   */
  public static TensorProto read(String source, MemorySegment memory) {
    return new TensorParser(ExternalData.NONE).tensor(ProtoReader.of(source, memory));
  }

  /** What was found of one tensor. */
  private static final class Found {
    String name = "";
    long type;
    final LongList dims = new LongList();
    final LongList integers = new LongList();
    final List<Float> floats = new ArrayList<>();
    @Nullable MemorySegment packed;
    @Nullable MemorySegment raw;
    long location;
    final Map<String, String> external = new HashMap<>();
  }

  TensorProto tensor(ProtoReader in) {
    Found found = new Found();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.numbers(found.dims);
        case 2 -> found.type = in.number();
        case 4 -> realField(in, found);
        case 5, 7, 11 -> in.numbers(found.integers);
        case 8 -> found.name = in.text();
        case 9 -> found.raw = in.bytes();
        case 10 -> doubleField(in, found);
        case 13 -> entry(in.message(), found.external);
        case 14 -> found.location = in.number();
        case 3 -> throw in.malformed("tensor '" + found.name + "' comes in segments");
        default -> in.skip();
      }
    }
    return new TensorProto(found.name, elements(in, found));
  }

  /**
   * Packed floats are the elements themselves; several packed runs, which nobody writes, add up.
   */
  private static void realField(ProtoReader in, Found found) {
    if (in.isLengthDelimited() && found.packed == null && found.floats.isEmpty()) {
      found.packed = in.bytes();
      return;
    }
    if (found.packed != null) {
      MemorySegment first = found.packed;
      found.packed = null;
      for (long i = 0; i < first.byteSize() / 4; i++) {
        found.floats.add(first.get(JAVA_FLOAT_UNALIGNED, 4 * i));
      }
    }
    floats(in, found.floats);
  }

  private static void doubleField(ProtoReader in, Found found) {
    if (in.isLengthDelimited()) {
      found.packed = in.bytes();
    } else {
      found.integers.add(Double.doubleToRawLongBits(in.real64()));
    }
  }

  /** Reads floats of a repeated field, packed or one of them. */
  static void floats(ProtoReader in, List<Float> target) {
    if (!in.isLengthDelimited()) {
      target.add(in.real());
      return;
    }
    MemorySegment packed = in.bytes();
    if (packed.byteSize() % 4 != 0) {
      throw in.malformed("packed floats take " + packed.byteSize() + " bytes");
    }
    for (long i = 0; i < packed.byteSize() / 4; i++) {
      target.add(packed.get(JAVA_FLOAT_UNALIGNED, 4 * i));
    }
  }

  private static void entry(ProtoReader in, Map<String, String> target) {
    String key = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.text();
        case 2 -> value = in.text();
        default -> in.skip();
      }
    }
    target.put(key, value);
  }

  private OnnxTensor elements(ProtoReader in, Found found) {
    long[] dims = found.dims.toArray();
    ElementType type;
    long count;
    try {
      type = ElementType.of(found.type);
      count = OnnxTensor.elements(dims);
    } catch (InvalidArgumentException wrong) {
      throw in.malformed("tensor '" + found.name + "' has " + wrong.getMessage());
    }
    long bytes = count * type.bytes();
    if (found.location == EXTERNAL) {
      MemorySegment data = externalData.map(found.name, found.external, bytes);
      return OnnxTensor.inFile(type, ExternalData.plain(data), data, dims);
    }
    MemorySegment inPlace = found.raw != null ? found.raw : found.packed;
    if (inPlace != null) {
      if (inPlace.byteSize() != bytes) {
        throw wrongSize(in, found, type, dims, inPlace.byteSize() + " bytes");
      }
      return OnnxTensor.inFile(type, ExternalData.plain(inPlace), inPlace, dims);
    }
    int present = type == ElementType.FLOAT ? found.floats.size() : found.integers.size();
    if (present != count) {
      throw wrongSize(in, found, type, dims, present + " elements");
    }
    return decoded(type, dims, found);
  }

  private static InvalidArgumentException wrongSize(
      ProtoReader in, Found found, ElementType type, long[] dims, String what) {
    return in.malformed(
        "tensor '"
            + found.name
            + "' has "
            + what
            + " for "
            + type.spelling()
            + java.util.Arrays.toString(dims));
  }

  /** Typed fields hold 16-bit floats and doubles as their bits, integers by value. */
  private static OnnxTensor decoded(ElementType type, long[] dims, Found found) {
    OnnxTensor tensor = OnnxTensor.zeros(type, dims);
    MemorySegment target = tensor.memory();
    ElementType bits =
        switch (type) {
          case FLOAT16, BFLOAT16 -> ElementType.UINT16;
          case DOUBLE -> ElementType.INT64;
          default -> type;
        };
    for (int i = 0; i < tensor.elements(); i++) {
      if (type == ElementType.FLOAT) {
        target.set(JAVA_FLOAT_UNALIGNED, 4L * i, found.floats.get(i));
      } else {
        bits.setLong(target, i, found.integers.get(i));
      }
    }
    return tensor;
  }
}
