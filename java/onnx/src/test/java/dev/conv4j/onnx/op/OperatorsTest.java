package dev.conv4j.onnx.op;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of operators, as a whole. */
class OperatorsTest {

  @Test
  void everyOperatorOfTheListCanBeMadeOrSaysWhatItLacks() {
    int made = 0;
    for (String op : Operators.names()) {
      for (long opset : new long[] {7, 13, 22}) {
        try (Kernel kernel = Operators.kernel(node(op, opset))) {
          assertNotNull(kernel);
          made++;
        } catch (InvalidArgumentException lacking) {
          assertTrue(String.valueOf(lacking.getMessage()).contains(op), lacking::getMessage);
        }
      }
    }
    assertTrue(made > 250, made + " made");
  }

  private static Node node(String op, long opset) {
    return new Node(op, "", opset, "n", List.of("x"), List.of("y"), Attributes.NONE);
  }
}
