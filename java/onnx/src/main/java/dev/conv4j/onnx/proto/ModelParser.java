package dev.conv4j.onnx.proto;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import dev.conv4j.onnx.proto.Messages.GraphProto;
import dev.conv4j.onnx.proto.Messages.ModelProto;
import dev.conv4j.onnx.proto.Messages.NodeProto;
import dev.conv4j.onnx.proto.Messages.TensorProto;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of an ONNX file into its messages. Tensors are slices of the file where its bytes
 * are the elements. Field numbers are those of {@code onnx.proto}; unknown fields are passed over.
 */
public final class ModelParser {

  private final String source;
  private final TensorParser tensors;

  /**
   * @param source what the bytes are, for messages
   * @param externalData resolves tensors kept in files of their own
   */
  public ModelParser(String source, ExternalData externalData) {
    this.source = source;
    this.tensors = new TensorParser(externalData);
  }

  /**
   * Reads a model.
   *
   * @throws InvalidArgumentException if the bytes are no model
   */
  public ModelProto model(MemorySegment memory) {
    ProtoReader in = ProtoReader.of(source, memory);
    long irVersion = 0;
    String producer = "";
    Map<String, Long> opsets = new LinkedHashMap<>();
    GraphProto graph = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> irVersion = in.number();
        case 2 -> producer = in.text();
        case 7 -> graph = graph(in.message());
        case 8 -> opset(in.message(), opsets);
        default -> in.skip();
      }
    }
    if (graph == null) {
      throw in.malformed("there is no graph");
    }
    return new ModelProto(irVersion, producer, opsets, graph);
  }

  private static void opset(ProtoReader in, Map<String, Long> opsets) {
    String domain = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> domain = in.text();
        case 2 -> version = in.number();
        default -> in.skip();
      }
    }
    opsets.put(domain.equals("ai.onnx") ? "" : domain, version);
  }

  private GraphProto graph(ProtoReader in) {
    String name = "";
    List<NodeProto> nodes = new ArrayList<>();
    Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
    List<ValueInfo> inputs = new ArrayList<>();
    List<ValueInfo> outputs = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> nodes.add(node(in.message()));
        case 2 -> name = in.text();
        case 5 -> {
          TensorProto constant = tensors.tensor(in.message());
          initializers.put(constant.name(), constant.tensor());
        }
        case 11 -> inputs.add(valueInfo(in.message()));
        case 12 -> outputs.add(valueInfo(in.message()));
        default -> in.skip();
      }
    }
    return new GraphProto(name, nodes, initializers, inputs, outputs);
  }

  private NodeProto node(ProtoReader in) {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    String name = "";
    String op = "";
    String domain = "";
    Map<String, Object> attributes = new LinkedHashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text());
        case 2 -> outputs.add(in.text());
        case 3 -> name = in.text();
        case 4 -> op = in.text();
        case 5 -> attribute(in.message(), attributes);
        case 7 -> domain = in.text();
        default -> in.skip();
      }
    }
    return new NodeProto(
        op, domain.equals("ai.onnx") ? "" : domain, name, inputs, outputs, attributes);
  }

  /** The kinds of {@code AttributeProto.AttributeType} that are read. */
  private static final class Kind {
    static final int FLOAT = 1;
    static final int INT = 2;
    static final int STRING = 3;
    static final int TENSOR = 4;
    static final int GRAPH = 5;
    static final int FLOATS = 6;
    static final int INTS = 7;
    static final int STRINGS = 8;

    private Kind() {}
  }

  private void attribute(ProtoReader in, Map<String, Object> target) {
    String name = "";
    long type = 0;
    Object single = null;
    int kind = 0;
    LongList ints = new LongList();
    List<Float> floats = new ArrayList<>();
    List<String> strings = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> {
          single = in.real();
          kind = Kind.FLOAT;
        }
        case 3 -> {
          single = in.number();
          kind = Kind.INT;
        }
        case 4 -> {
          single = in.text();
          kind = Kind.STRING;
        }
        case 5 -> {
          single = tensors.tensor(in.message()).tensor();
          kind = Kind.TENSOR;
        }
        case 6 -> {
          single = graph(in.message());
          kind = Kind.GRAPH;
        }
        case 7 -> {
          TensorParser.floats(in, floats);
          kind = Kind.FLOATS;
        }
        case 8 -> {
          in.numbers(ints);
          kind = Kind.INTS;
        }
        case 9 -> {
          strings.add(in.text());
          kind = Kind.STRINGS;
        }
        case 20 -> type = in.number();
        default -> in.skip();
      }
    }
    Object value = value(type != 0 ? (int) type : kind, single, ints, floats, strings);
    if (value != null) {
      target.put(name, value);
    }
  }

  /** A scalar left out of the file has protobuf's default, 0 or the empty string. */
  private static @Nullable Object value(
      int kind, @Nullable Object single, LongList ints, List<Float> floats, List<String> strings) {
    return switch (kind) {
      case Kind.FLOAT -> single instanceof Float ? single : (Object) 0f;
      case Kind.INT -> single instanceof Long ? single : (Object) 0L;
      case Kind.STRING -> single instanceof String ? single : "";
      case Kind.TENSOR, Kind.GRAPH -> single;
      case Kind.FLOATS -> List.copyOf(floats);
      case Kind.INTS -> ints.toArray();
      case Kind.STRINGS -> List.copyOf(strings);
      default -> null;
    };
  }

  private static ValueInfo valueInfo(ProtoReader in) {
    String name = "";
    ValueInfo type = new ValueInfo("", null, null);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> type = type(in.message());
        default -> in.skip();
      }
    }
    return new ValueInfo(name, type.type(), type.dims());
  }

  private static ValueInfo type(ProtoReader in) {
    ElementType element = null;
    List<String> dims = null;
    while (in.next()) {
      if (in.field() != 1) {
        in.skip();
        continue;
      }
      ProtoReader tensor = in.message();
      while (tensor.next()) {
        switch (tensor.field()) {
          case 1 -> element = elementType(tensor.number());
          case 2 -> dims = dims(tensor.message());
          default -> tensor.skip();
        }
      }
    }
    return new ValueInfo("", element, dims);
  }

  /** A value whose type this reader does not have may be one nobody asks for. */
  private static @Nullable ElementType elementType(long code) {
    for (ElementType type : ElementType.values()) {
      if (type.code() == code) {
        return type;
      }
    }
    return null;
  }

  private static List<String> dims(ProtoReader in) {
    List<String> dims = new ArrayList<>();
    while (in.next()) {
      if (in.field() != 1) {
        in.skip();
        continue;
      }
      ProtoReader dim = in.message();
      String text = "?";
      while (dim.next()) {
        switch (dim.field()) {
          case 1 -> text = Long.toString(dim.number());
          case 2 -> text = dim.text();
          default -> dim.skip();
        }
      }
      dims.add(text.isEmpty() ? "?" : text);
    }
    return dims;
  }
}
