package dev.conv4j.onnx.run;

import dev.conv4j.Engine;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.OnnxTensor;
import java.util.HashMap;
import java.util.Map;

/**
 * Constants of a network on the engine's device, copied there when first needed. Those that plans
 * keep in a form of their own are not here. Thread-safe.
 */
final class Weights implements AutoCloseable {

  private final Engine engine;
  private final Map<Long, Tensor> byAddress = new HashMap<>();

  Weights(Engine engine) {
    this.engine = engine;
  }

  /** Returns the copy of a constant, which lives as long as this. */
  synchronized Tensor onDevice(OnnxTensor constant) {
    return byAddress.computeIfAbsent(
        constant.memory().address(), address -> constant.toTensor(engine));
  }

  @Override
  public synchronized void close() {
    byAddress.values().forEach(Tensor::close);
    byAddress.clear();
  }
}
