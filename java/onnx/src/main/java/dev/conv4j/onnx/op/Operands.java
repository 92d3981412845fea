package dev.conv4j.onnx.op;

import dev.conv4j.ConvPlan;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.PackedFilter;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.OnnxTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A node's values as tensors of the engine, for one run of a plan: covered where the engine works
 * in host memory; elsewhere those that lie on the device, and copies of others.
 */
public final class Operands implements AutoCloseable {

  private final Frame frame;
  private final Engine engine;
  private final List<Tensor> opened = new ArrayList<>(5);

  /** Takes none yet. */
  public Operands(Frame frame) {
    this.frame = frame;
    this.engine = frame.engine();
  }

  /**
   * Returns the engine's type of these elements.
   *
   * @throws InvalidArgumentException if it has none
   */
  public static DType type(OnnxTensor tensor) {
    DType type = tensor.type().dtype();
    if (type == null) {
      throw new InvalidArgumentException(
          "element type", tensor.type().spelling(), "one that convolutions work on");
    }
    return type;
  }

  /** Returns a tensor to read. */
  public Tensor read(OnnxTensor value, Shape shape) {
    return read(value, shape, Layout.NCHW);
  }

  /** Returns a tensor to read; NHWC only where the engine works in host memory. */
  public Tensor read(OnnxTensor value, Shape shape, Layout layout) {
    if (frame.hostIsDevice()) {
      return opened(inPlace(value, shape, layout));
    }
    Tensor resident = value.tensor();
    Tensor whole = resident != null ? resident : frame.upload(value);
    return opened(whole.reshape(shape));
  }

  /**
   * Packs a constant filter for a plan, which the caller closes. What was needed only for that is
   * let go of: elements computed for it, and pages of the file that the others came from.
   */
  public PackedFilter pack(ConvPlan plan, OnnxTensor filter) {
    Shape shape = plan.convolution().filterShape();
    if (!filter.isComputed() || !frame.hostIsDevice()) {
      PackedFilter packed = plan.pack(read(filter, shape));
      filter.unload();
      return packed;
    }
    try (Tensor once = engine.tensor(shape, type(filter))) {
      filter.copyTo(once.segment());
      return plan.pack(once);
    }
  }

  /** Returns a tensor to write; {@link #written} must follow. */
  public Tensor write(OnnxTensor value, Shape shape) {
    return write(value, shape, Layout.NCHW);
  }

  /** Returns a tensor to write, as {@link #read(OnnxTensor, Shape, Layout)} one to read. */
  public Tensor write(OnnxTensor value, Shape shape, Layout layout) {
    if (frame.hostIsDevice()) {
      return opened(inPlace(value, shape, layout));
    }
    Tensor resident = value.tensor();
    return opened(resident != null ? resident.reshape(shape) : engine.tensor(shape, type(value)));
  }

  /** Memory of the engine's own is said to be so: kernels check that of others at each access. */
  private Tensor inPlace(OnnxTensor value, Shape shape, Layout layout) {
    MemorySegment elements = value.segment();
    Tensor holder = frame.holder(value);
    if (holder == null) {
      return engine.wrap(elements, shape, type(value), layout);
    }
    long at = elements.address() - holder.segment().address();
    return holder.part(at, shape, type(value), layout);
  }

  private Tensor opened(Tensor tensor) {
    opened.add(tensor);
    return tensor;
  }

  /** Takes what a plan has written. */
  public void written(Tensor from, OnnxTensor to) {
    if (!frame.hostIsDevice() && to.tensor() == null) {
      from.copyTo(to.segment(), type(to));
    }
  }

  @Override
  public void close() {
    opened.forEach(Tensor::close);
  }
}
