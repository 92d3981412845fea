package dev.conv4j.onnx;

import java.util.SplittableRandom;

/**
 * A classifier in miniature for batches of any size: convolutions, pooling, two branches joined, a
 * sum, a fully connected layer, softmax.
 */
final class SmallNetwork {

  /** Numbers in a picture: three channels of 21 by 19. */
  static final int PICTURE = 3 * 21 * 19;

  static final int CLASSES = 10;

  private SmallNetwork() {}

  static OnnxModel model() {
    return OnnxModel.of(
        body()
            .node("Gemm", "flat fc bias", "scores", "transB=1")
            .node("Softmax", "scores", "y")
            .write());
  }

  /** The network up to 16 features for each picture, {@code flat}, with y as its output. */
  static TinyModel body() {
    return new TinyModel(13)
        .input("x")
        .output("y")
        .constant("w1", new long[] {8, 3, 3, 3}, weights(1, 8 * 27))
        .constant("w2", new long[] {8, 8, 1, 1}, weights(2, 64))
        .constant("w3", new long[] {8, 8, 3, 3}, weights(3, 8 * 72))
        .constant("fc", new long[] {CLASSES, 16}, weights(4, CLASSES * 16))
        .constant("bias", new long[] {CLASSES}, weights(5, CLASSES))
        .node("Conv", "x w1", "c1", "strides=2,2")
        .node("Relu", "c1", "r1")
        .node("MaxPool", "r1", "p1", "kernel_shape=3,3", "strides=2,2", "pads=1,1,1,1")
        .node("Conv", "p1 w2", "left")
        .node("Conv", "p1 w3", "right", "pads=1,1,1,1")
        .node("Add", "right p1", "sum")
        .node("Relu", "sum", "r2")
        .node("Concat", "left r2", "both", "axis=1")
        .node("GlobalAveragePool", "both", "mean")
        .node("Flatten", "mean", "flat");
  }

  private static float[] weights(int seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      weights[i] = (float) random.nextDouble(-0.5, 0.5);
    }
    return weights;
  }

  /** Returns the same picture for the same number. */
  static float[] picture(int seed) {
    return weights(1000 + seed, PICTURE);
  }
}
