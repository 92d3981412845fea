package dev.conv4j.onnx.proto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SharedData;
import dev.conv4j.onnx.proto.Messages.ModelProto;
import dev.conv4j.onnx.proto.Messages.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the reader finds in a model against what protobuf's own wire reader finds there. */
class ModelParserAgreesWithProtobufTest {

  @Test
  void everyModelHasTheSameNodesAndConstants() throws IOException {
    int models = 0;
    long tensors = 0;
    for (Path file : models(SharedData.folder("."))) {
      UnknownFieldSet oracle = UnknownFieldSet.parseFrom(Files.readAllBytes(file));
      ModelProto model =
          new ModelParser(file.toString(), ExternalData.in(file.getParent()))
              .model(ExternalData.map(file));
      assertEquals(oracle.getField(1).getVarintList().getFirst(), model.irVersion());
      UnknownFieldSet graph = message(oracle.getField(7).getLengthDelimitedList().getFirst());
      compareNodes(messages(graph, 1), model.graph().nodes());
      for (UnknownFieldSet tensor : messages(graph, 5)) {
        compareTensor(tensor, model.graph().initializers().get(text(tensor, 8)));
        tensors++;
      }
      assertEquals(texts(messages(graph, 12), 1), names(model.graph().outputs()));
      assertEquals(texts(messages(graph, 11), 1), names(model.graph().inputs()));
      models++;
    }
    assertTrue(models > 400 && tensors > 2000, models + " models, " + tensors + " tensors");
  }

  static List<Path> models(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.toString().endsWith(".onnx")).sorted().toList();
    }
  }

  private static void compareNodes(List<UnknownFieldSet> oracle, List<NodeProto> nodes)
      throws IOException {
    assertEquals(oracle.size(), nodes.size());
    for (int i = 0; i < nodes.size(); i++) {
      NodeProto node = nodes.get(i);
      UnknownFieldSet expected = oracle.get(i);
      assertEquals(text(expected, 4), node.op());
      assertEquals(text(expected, 3), node.name());
      assertEquals(strings(expected, 1), node.inputs());
      assertEquals(strings(expected, 2), node.outputs());
      List<UnknownFieldSet> attributes = messages(expected, 5);
      assertEquals(attributes.size(), node.attributes().size());
      for (UnknownFieldSet attribute : attributes) {
        compareAttribute(attribute, node.attributes().get(text(attribute, 1)));
      }
    }
  }

  private static void compareAttribute(UnknownFieldSet oracle, Object value) throws IOException {
    switch (value) {
      case Long number -> assertEquals(firstVarint(oracle, 3), number);
      case Float real ->
          assertEquals(
              oracle.getField(2).getFixed32List().getFirst(), Float.floatToRawIntBits(real));
      case String string -> assertEquals(text(oracle, 4), string);
      case long[] numbers -> assertArrayEquals(varints(oracle, 8), numbers);
      case OnnxTensor tensor -> compareTensor(messages(oracle, 5).getFirst(), tensor);
      case List<?> list -> assertEquals(oracle.getField(7).getFixed32List().size(), list.size());
      default -> throw new AssertionError(value.getClass());
    }
  }

  private static void compareTensor(UnknownFieldSet oracle, OnnxTensor tensor) throws IOException {
    assertArrayEquals(varints(oracle, 1), tensor.dims());
    assertEquals(firstVarint(oracle, 2), tensor.type().code());
    List<ByteString> raw = oracle.getField(9).getLengthDelimitedList();
    if (!raw.isEmpty()) {
      assertArrayEquals(raw.getFirst().toByteArray(), tensor.toByteArray());
    } else if (tensor.type().isFloating()) {
      List<ByteString> packed = oracle.getField(4).getLengthDelimitedList();
      assertEquals(packed.isEmpty() ? 0 : packed.getFirst().size(), tensor.bytes());
    } else {
      long[] numbers = varints(oracle, oracle.hasField(7) ? 7 : 5);
      assertArrayEquals(numbers, tensor.toLongArray());
    }
  }

  private static long firstVarint(UnknownFieldSet message, int field) {
    List<Long> values = message.getField(field).getVarintList();
    return values.isEmpty() ? 0 : values.getLast();
  }

  /** Packed runs and single numbers, in the order protobuf keeps them. */
  private static long[] varints(UnknownFieldSet message, int field) throws IOException {
    List<Long> values = new ArrayList<>(message.getField(field).getVarintList());
    for (ByteString packed : message.getField(field).getLengthDelimitedList()) {
      CodedInputStream in = packed.newCodedInput();
      while (!in.isAtEnd()) {
        values.add(in.readInt64());
      }
    }
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static List<String> names(List<dev.conv4j.onnx.ValueInfo> values) {
    return values.stream().map(dev.conv4j.onnx.ValueInfo::name).toList();
  }

  private static List<String> texts(List<UnknownFieldSet> messages, int field) {
    return messages.stream().map(message -> text(message, field)).toList();
  }

  private static String text(UnknownFieldSet message, int field) {
    List<String> all = strings(message, field);
    return all.isEmpty() ? "" : all.getLast();
  }

  private static List<String> strings(UnknownFieldSet message, int field) {
    return message.getField(field).getLengthDelimitedList().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  private static List<UnknownFieldSet> messages(UnknownFieldSet message, int field)
      throws IOException {
    List<UnknownFieldSet> all = new ArrayList<>();
    for (ByteString bytes : message.getField(field).getLengthDelimitedList()) {
      all.add(message(bytes));
    }
    return all;
  }

  private static UnknownFieldSet message(ByteString bytes) throws IOException {
    return UnknownFieldSet.parseFrom(bytes);
  }
}
