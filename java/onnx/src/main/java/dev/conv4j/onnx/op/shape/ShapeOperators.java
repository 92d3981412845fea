package dev.conv4j.onnx.op.shape;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;

/** Registers what moves elements or speaks of shapes. */
public final class ShapeOperators {

  private ShapeOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("Reshape", 1, Reshaping::reshape);
    all.add("Flatten", 1, Reshaping::flatten);
    all.add("Squeeze", 1, Reshaping::squeeze);
    all.add("Unsqueeze", 1, Reshaping::unsqueeze);
    all.add("Identity", 1, node -> Reshaping::identity);
    all.add("Dropout", 6, Reshaping::dropout);
    all.add("Transpose", 1, Moving::transpose);
    all.add(Node.FUSED, "Rearrange", 1, Long.MAX_VALUE, Moving::rearrange);
    all.add("Expand", 8, node -> Moving::expand);
    all.add("Tile", 6, node -> Moving::tile);
    all.add("DepthToSpace", 1, Moving::depthToSpace);
    all.add("SpaceToDepth", 1, Moving::spaceToDepth);
    all.add("Concat", 4, Concat::new);
    all.add("Slice", 1, 10, Parts::sliceByAttributes);
    all.add("Slice", 10, node -> Parts::slice);
    all.add("Split", 2, Parts::split);
    all.add("Gather", 1, Gathering::gather);
    all.add("GatherElements", 11, Gathering::gatherElements);
    all.add("GatherND", 11, Gathering::gatherNd);
    all.add("NonZero", 9, node -> Gathering::nonZero);
    all.add("Pad", 2, Padding::new);
    all.add("Constant", 1, Making::constant);
    all.add("ConstantOfShape", 9, Making::constantOfShape);
    all.add("Shape", 1, Making::shape);
    all.add("Size", 1, node -> Making::size);
    all.add("Range", 11, node -> Making::range);
    all.add("Cast", 6, Making::cast);
    all.add("CastLike", 15, node -> Making::castLike);
    all.add("EyeLike", 9, Making::eyeLike);
  }
}
