package dev.conv4j.onnx.run;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of one run that lie on the engine's device, and the copies between it and the host.
 * Where the engine works in host memory there is nothing to do. Used by one thread.
 */
final class Residents implements AutoCloseable {

  private final Engine engine;
  private final boolean hostIsDevice;
  private final Weights weights;
  private final Transfers transfers;
  private final FallbackPolicy fallback;

  /** How many values lie in each tensor. */
  private final Map<Tensor, Integer> users = new HashMap<>();

  /** Copies of values of the host, by their address. */
  private final Map<Long, Tensor> copies = new HashMap<>();

  /** Tensors whose elements were copied to the host. */
  private final Set<Tensor> known = new HashSet<>();

  /** Copies that no value stands for, closed with the step. */
  private final List<Tensor> passing = new ArrayList<>();

  Residents(
      Engine engine,
      boolean hostIsDevice,
      Weights weights,
      Transfers transfers,
      FallbackPolicy fallback) {
    this.engine = engine;
    this.hostIsDevice = hostIsDevice;
    this.weights = weights;
    this.transfers = transfers;
    this.fallback = fallback;
  }

  boolean hostIsDevice() {
    return hostIsDevice;
  }

  void begin(int step) {
    if (!hostIsDevice) {
      transfers.begin(step);
    }
  }

  /** Notes what a step has copied, closes what only it needed. */
  void end(Program.Step step, Frame frame) {
    if (hostIsDevice) {
      return;
    }
    long fetched = 0;
    for (int i = 0; i < frame.inputs(); i++) {
      OnnxTensor input = frame.optional(i);
      if (input == null) {
        continue;
      }
      Tensor tensor = input.tensor();
      if (tensor != null && input.isOnHost() && known.add(tensor)) {
        fetched += input.bytes();
      }
    }
    if (fetched > 0) {
      if (fallback == FallbackPolicy.FAIL) {
        throw new InvalidArgumentException(
            "fallback policy",
            fallback,
            "WARN or ALLOW, for " + step.node() + " has no kernel on " + engine.device().id());
      }
      transfers.fetched(step.node(), fetched);
    }
    passing.forEach(Tensor::close);
    passing.clear();
  }

  /** Makes a value on the device. */
  OnnxTensor make(ElementType type, long... dims) {
    DType dtype = Objects.requireNonNull(type.dtype());
    Tensor tensor = engine.tensor(Shape.of(dims), dtype);
    users.put(tensor, 1);
    transfers.computed();
    return OnnxTensor.of(tensor);
  }

  /** Notes that another value has the elements of one. */
  void shared(OnnxTensor value) {
    Tensor tensor = value.tensor();
    if (tensor != null && users.containsKey(tensor)) {
      users.merge(tensor, 1, Integer::sum);
      transfers.computed();
    }
  }

  /** Takes back a value nobody reads any more. */
  void release(@Nullable OnnxTensor value) {
    Tensor tensor = value == null ? null : value.tensor();
    if (tensor != null && users.containsKey(tensor) && users.merge(tensor, -1, Integer::sum) == 0) {
      users.remove(tensor);
      tensor.close();
    }
  }

  /** Notes that a value of the host begins where another one was. */
  void overwritten(OnnxTensor value) {
    if (!hostIsDevice) {
      Tensor stale = copies.remove(value.memory().address());
      if (stale != null) {
        stale.close();
      }
    }
  }

  /** Returns a copy on the device: weights once for all runs, values once for this one. */
  Tensor upload(OnnxTensor value, Program.Step step, Frame frame) {
    long address = value.memory().address();
    for (int i = 0; i < frame.inputs(); i++) {
      OnnxTensor input = frame.optional(i);
      if (input != null && input.isOnHost() && input.memory().address() == address) {
        return frame.isConstant(i)
            ? weights.onDevice(value)
            : copies.computeIfAbsent(address, key -> copied(value, step));
      }
    }
    Tensor copy = copied(value, step);
    passing.add(copy);
    return copy;
  }

  private Tensor copied(OnnxTensor value, Program.Step step) {
    transfers.sent(step.node(), value.bytes());
    return value.toTensor(engine);
  }

  @Override
  public void close() {
    users.keySet().forEach(Tensor::close);
    copies.values().forEach(Tensor::close);
    passing.forEach(Tensor::close);
  }
}
