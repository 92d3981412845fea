package dev.conv4j.onnx.op;

import dev.conv4j.Activation;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import java.util.Locale;

/** The activation that graph work has moved into a node. */
public final class Epilogues {

  private Epilogues() {}

  /** Returns a node's activation, NONE where nothing was moved. */
  public static Activation activation(Node node) {
    Attributes attributes = node.attributes();
    String kind = attributes.text("activation", "none").toUpperCase(Locale.ROOT);
    return new Activation(
        Activation.Kind.valueOf(kind),
        attributes.real("activation_alpha", 0),
        attributes.real("activation_beta", 0));
  }
}
