package dev.conv4j.cli.network;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.image.NetworkImage;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxConformance;
import dev.conv4j.onnx.OnnxModel;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** Reads a network's inputs from files, or makes some up where none are given. */
public final class NetworkInputs {

  private final OnnxModel model;
  private final NetworkImage image;
  private final List<String> madeUp = new ArrayList<>();

  /**
   * @param model whose inputs
   * @param image how pictures are normalised
   */
  public NetworkInputs(OnnxModel model, NetworkImage image) {
    this.model = model;
    this.image = image;
  }

  /**
   * Reads the inputs.
   *
   * @param given {@code NAME=FILE}, or {@code FILE} for a network of one input
   */
  public Map<String, OnnxTensor> read(List<String> given) {
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    for (String one : given) {
      int split = one.indexOf('=');
      boolean named = split > 0 && find(one.substring(0, split)) != null;
      if (!named && (split > 0 || model.inputs().size() != 1)) {
        throw new InvalidArgumentException(
            "--input", "'" + one + "'", "NAME=FILE with one of " + names());
      }
      String name = named ? one.substring(0, split) : model.inputs().getFirst().name();
      inputs.put(name, tensor(Path.of(named ? one.substring(split + 1) : one), name));
    }
    for (ValueInfo info : model.inputs()) {
      if (!inputs.containsKey(info.name())) {
        inputs.put(info.name(), random(info));
        madeUp.add(info.name());
      }
    }
    return inputs;
  }

  /** Returns the inputs for which no file was given. */
  public List<String> madeUp() {
    return madeUp;
  }

  private List<String> names() {
    return model.inputs().stream().map(ValueInfo::name).toList();
  }

  private @org.jspecify.annotations.Nullable ValueInfo find(String name) {
    return model.inputs().stream().filter(i -> i.name().equals(name)).findFirst().orElse(null);
  }

  private OnnxTensor tensor(Path file, String name) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidArgumentException("input file '" + file + "'", "not a file", "one");
    }
    String lower = file.getFileName().toString().toLowerCase(Locale.ROOT);
    try {
      if (lower.endsWith(".pb")) {
        return OnnxConformance.readTensor(file);
      }
      if (lower.endsWith(".npy")) {
        return NpyFile.read(file);
      }
      return picture(file, name);
    } catch (IOException unreadable) {
      throw new InvalidArgumentException(
          "input file '" + file + "'",
          "not readable: " + unreadable.getMessage(),
          "a readable one");
    }
  }

  private OnnxTensor picture(Path file, String name) {
    ValueInfo info = find(name);
    long[] dims = info == null || info.type() != ElementType.FLOAT ? new long[0] : dims(info);
    if (dims.length != 4) {
      throw new InvalidArgumentException(
          "input '" + name + "'",
          info == null ? "unknown" : info.toString(),
          "float[N, C, H, W] for a picture; or a .pb or .npy file");
    }
    int channels = (int) dims[1];
    float[] samples = image.read(file, channels, (int) dims[2], (int) dims[3]);
    return OnnxTensor.of(new long[] {1, channels, dims[2], dims[3]}, samples);
  }

  /** Dimensions that may vary are taken as a batch of 1, and 224 pixels. */
  private static long[] dims(ValueInfo info) {
    List<String> stated = info.dims();
    if (stated == null) {
      throw new InvalidArgumentException(
          "input '" + info.name() + "'", "of unknown dimensions", "a .pb or .npy file for it");
    }
    long[] dims = new long[stated.size()];
    for (int i = 0; i < dims.length; i++) {
      boolean fixed = stated.get(i).matches("[1-9][0-9]{0,8}");
      dims[i] = fixed ? Long.parseLong(stated.get(i)) : i == 0 ? 1 : i == 1 ? 3 : 224;
    }
    return dims;
  }

  private static OnnxTensor random(ValueInfo info) {
    long[] dims = dims(info);
    ElementType type = info.type();
    if (type == null) {
      throw new InvalidArgumentException(
          "input '" + info.name() + "'", "of unknown type", "a .pb or .npy file for it");
    }
    OnnxTensor tensor = OnnxTensor.zeros(type, dims);
    SplittableRandom random = new SplittableRandom(1);
    for (long i = 0; type.isFloating() && i < tensor.elements(); i++) {
      type.setDouble(tensor.memory(), i, random.nextDouble(-1, 1));
    }
    return tensor;
  }
}
