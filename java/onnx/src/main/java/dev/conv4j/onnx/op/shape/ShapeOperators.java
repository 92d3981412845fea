package dev.conv4j.onnx.op.shape;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operators;

/** Registers what moves elements or speaks of shapes. */
public final class ShapeOperators {

  private ShapeOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    Operators.Factory family = ShapeOperators::kernel;
    all.add("Reshape", 1, family);
    all.add("Flatten", 1, family);
    all.add("Squeeze", 1, family);
    all.add("Unsqueeze", 1, family);
    all.add("Identity", 1, family);
    all.add("Dropout", 6, family);
    all.add("Transpose", 1, family);
    all.add(Node.FUSED, "Rearrange", 1, Long.MAX_VALUE, family);
    all.add("Expand", 8, family);
    all.add("Tile", 6, family);
    all.add("DepthToSpace", 1, family);
    all.add("SpaceToDepth", 1, family);
    all.add("Concat", 4, family);
    all.add("Slice", 1, family);
    all.add("Split", 2, family);
    all.add("Gather", 1, family);
    all.add("GatherElements", 11, family);
    all.add("GatherND", 11, family);
    all.add("NonZero", 9, family);
    all.add("Pad", 2, family);
    all.add("Constant", 1, family);
    all.add("ConstantOfShape", 9, family);
    all.add("Shape", 1, family);
    all.add("Size", 1, family);
    all.add("Range", 11, family);
    all.add("Cast", 6, family);
    all.add("CastLike", 15, family);
    all.add("EyeLike", 9, family);
  }

  /** One factory for all of them: each would be a class that the JVM makes for the first model. */
  private static Kernel kernel(Node node) {
    return switch (node.op()) {
      case "Reshape" -> Reshaping.reshape(node);
      case "Flatten" -> Reshaping.flatten(node);
      case "Squeeze" -> Reshaping.squeeze(node);
      case "Unsqueeze" -> Reshaping.unsqueeze(node);
      case "Identity" -> Reshaping::identity;
      case "Dropout" -> Reshaping.dropout(node);
      case "Transpose" -> Moving.transpose(node);
      case "Rearrange" -> Moving.rearrange(node);
      case "Expand" -> Moving::expand;
      case "Tile" -> Moving::tile;
      case "DepthToSpace" -> Moving.depthToSpace(node);
      case "SpaceToDepth" -> Moving.spaceToDepth(node);
      case "Concat" -> new Concat(node);
      case "Slice" -> node.opset() < 10 ? Parts.sliceByAttributes(node) : (Kernel) Parts::slice;
      case "Split" -> Parts.split(node);
      case "Gather" -> Gathering.gather(node);
      case "GatherElements" -> Gathering.gatherElements(node);
      case "GatherND" -> Gathering.gatherNd(node);
      case "NonZero" -> Gathering::nonZero;
      case "Pad" -> new Padding(node);
      case "Constant" -> Making.constant(node);
      case "ConstantOfShape" -> Making.constantOfShape(node);
      case "Shape" -> Making.shape(node);
      case "Size" -> Making::size;
      case "Range" -> Making::range;
      case "Cast" -> Making.cast(node);
      case "CastLike" -> Making::castLike;
      case "EyeLike" -> Making.eyeLike(node);
      default -> throw new AssertionError(node.op());
    };
  }
}
