package dev.conv4j.onnx.run;

import dev.conv4j.onnx.graph.Node;
import java.util.LinkedHashMap;
import java.util.Map;

/** What one run has copied between host and device, and for which nodes. Used by one thread. */
final class Transfers {

  private final Map<String, Long> sent = new LinkedHashMap<>();
  private final Map<String, Long> fetched = new LinkedHashMap<>();
  private int steps;
  private int computed;
  private int last = -1;

  void begin(int step) {
    steps++;
    last = step;
  }

  /** Notes that the step at hand makes a value on the device. */
  void computed() {
    if (last >= 0) {
      computed++;
      last = -1;
    }
  }

  void sent(Node node, long bytes) {
    sent.merge(node.toString(), bytes, Long::sum);
  }

  void fetched(Node node, long bytes) {
    fetched.merge(node.toString(), bytes, Long::sum);
  }

  /** Returns whether a node other than the last had to leave the device. */
  boolean hasFetched() {
    return !fetched.isEmpty();
  }

  /** Returns lines for a person. */
  String explain(String device) {
    StringBuilder text = new StringBuilder();
    text.append(computed).append(" of ").append(steps).append(" nodes ran on ").append(device);
    text.append(computed < steps ? "; the others on the host\n" : "\n");
    sent.forEach((node, bytes) -> line(text, node, bytes, "copied to the device for "));
    fetched.forEach((node, bytes) -> line(text, node, bytes, "copied to the host for "));
    return text.toString();
  }

  private static void line(StringBuilder text, String node, long bytes, String what) {
    text.append("  ").append(bytes).append(" bytes ").append(what).append(node).append('\n');
  }
}
