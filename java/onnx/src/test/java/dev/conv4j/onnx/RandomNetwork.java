package dev.conv4j.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A small network of operators that work on images in either order, and some that do not, wired at
 * random.
 */
final class RandomNetwork {

  private record Image(String name, int channels, int height, int width) {
    boolean matches(Image other) {
      return channels == other.channels && covers(other);
    }

    boolean covers(Image other) {
      return height == other.height && width == other.width;
    }
  }

  private final SplittableRandom random;
  private final List<Image> images = new ArrayList<>();
  private final TinyModel model = new TinyModel(13);
  private final int batch;
  private int made;

  RandomNetwork(int seed) {
    this.random = new SplittableRandom(seed);
    this.batch = 1 + random.nextInt(2);
    Image x = new Image("x", 1 + random.nextInt(9), 4 + random.nextInt(12), 4 + random.nextInt(12));
    images.add(x);
    model.input(
        "x", List.of("batch", "" + x.channels, random.nextBoolean() ? "h" : "" + x.height, "w"));
    int nodes = 5 + random.nextInt(10);
    for (int i = 0; i < nodes; i++) {
      add();
    }
    model.output(images.getLast().name);
    model.output(images.get(1 + random.nextInt(images.size() - 1)).name + "");
  }

  OnnxModel model() {
    return OnnxModel.of(model.write());
  }

  /** Returns a batch of pictures, larger by some pixels. */
  OnnxTensor input(int more) {
    Image x = images.getFirst();
    boolean free = modelHasOpenHeight();
    long[] dims = {batch + more, x.channels, x.height + (free ? more : 0), x.width + more};
    return OnnxTensor.of(dims, floats((int) OnnxTensor.elements(dims)));
  }

  private boolean modelHasOpenHeight() {
    return model().inputs().getFirst().dims().get(2).equals("h");
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private String constant(long... dims) {
    String name = "c" + made++;
    model.constant(name, dims, floats((int) OnnxTensor.elements(dims)));
    return name;
  }

  private Image any() {
    return images.get(Math.max(0, images.size() - 1 - random.nextInt(3)));
  }

  private void image(int channels, int height, int width) {
    images.add(new Image("v" + made, channels, height, width));
    made++;
  }

  private void same(Image like) {
    image(like.channels, like.height, like.width);
  }

  private String next() {
    return "v" + made;
  }

  private void add() {
    Image x = any();
    switch (random.nextInt(11)) {
      case 0, 1, 2 -> conv(x);
      case 3 -> {
        model.node("Relu", x.name, next());
        same(x);
      }
      case 4 -> normalize(x);
      case 5 -> pool(x, random.nextBoolean() ? "MaxPool" : "AveragePool");
      case 6, 7 -> join(x);
      case 8 -> gate(x);
      case 9 -> {
        String shift = random.nextBoolean() ? constant(x.channels, 1, 1) : constant(1);
        model.node(random.nextBoolean() ? "Mul" : "Add", x.name + " " + shift, next());
        same(x);
      }
      default -> {
        model.node("Erf", x.name, next());
        same(x);
      }
    }
  }

  private void conv(Image x) {
    int group = random.nextInt(3) == 0 ? x.channels : 1;
    int filters = group * (1 + random.nextInt(group > 1 ? 2 : 20));
    int extent = random.nextBoolean() ? 1 : 3;
    int stride = x.height > 3 && x.width > 3 && random.nextInt(3) == 0 ? 2 : 1;
    String w = constant(filters, x.channels / group, extent, extent);
    String b = random.nextBoolean() ? " " + constant(filters) : "";
    int pad = extent / 2;
    model.node(
        "Conv",
        x.name + " " + w + b,
        next(),
        "group=" + group,
        "strides=" + stride + "," + stride,
        "pads=%d,%d,%d,%d".formatted(pad, pad, pad, pad));
    image(filters, (x.height - 1) / stride + 1, (x.width - 1) / stride + 1);
  }

  private void normalize(Image x) {
    StringBuilder inputs = new StringBuilder(x.name);
    for (int i = 0; i < 3; i++) {
      inputs.append(' ').append(constant(x.channels));
    }
    String variance = "c" + made++;
    float[] ones = new float[x.channels];
    java.util.Arrays.fill(ones, 1.5f);
    model.constant(variance, new long[] {x.channels}, ones);
    model.node("BatchNormalization", inputs + " " + variance, next());
    same(x);
  }

  private void pool(Image x, String op) {
    boolean ceil = random.nextBoolean();
    int stride = x.height > 3 && x.width > 3 ? 1 + random.nextInt(2) : 1;
    List<String> attributes =
        new ArrayList<>(
            List.of(
                "kernel_shape=3,3",
                "strides=" + stride + "," + stride,
                "pads=1,1,1,1",
                "ceil_mode=" + (ceil ? 1 : 0)));
    if (op.equals("AveragePool")) {
      attributes.add("count_include_pad=" + random.nextInt(2));
    }
    model.node(op, x.name, next(), attributes.toArray(String[]::new));
    image(x.channels, pooled(x.height, stride, ceil), pooled(x.width, stride, ceil));
  }

  private static int pooled(int extent, int stride, boolean ceil) {
    int span = extent - 1;
    int output = (ceil ? Math.ceilDiv(span, stride) : span / stride) + 1;
    return ceil && (output - 1) * stride >= extent + 1 ? output - 1 : output;
  }

  private void join(Image x) {
    List<Image> others = images.stream().filter(x::covers).toList();
    Image other = others.get(random.nextInt(others.size()));
    if (other.matches(x) && random.nextInt(3) > 0) {
      model.node(random.nextInt(4) == 0 ? "Mul" : "Add", x.name + " " + other.name, next());
      same(x);
    } else {
      model.node("Concat", x.name + " " + other.name, next(), "axis=1");
      image(x.channels + other.channels, x.height, x.width);
    }
  }

  private void gate(Image x) {
    String mean = "g" + made++;
    model.node(random.nextBoolean() ? "GlobalAveragePool" : "GlobalMaxPool", x.name, mean);
    model.node("Mul", x.name + " " + mean, next());
    same(x);
  }
}
