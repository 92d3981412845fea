package dev.conv4j.peer.pytorch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.conv4j.Axes;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;

/** One convolution on arrays; a run makes a new result and drops the one before. */
final class ArrayContender implements Contender {

  private final Task task;
  private final NDManager manager;
  private final PtNDArray filter;
  private final PtNDArray[] inputs;
  private final PtNDArray[] results;
  private final Shape stride;
  private final Shape padding;
  private final Shape dilation;
  private final int groups;

  ArrayContender(Task task) {
    this.task = task;
    this.manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
    this.inputs = new PtNDArray[task.sets()];
    this.results = new PtNDArray[task.sets()];
    int rank = task.problem().inputShape().rank() - 2;
    this.stride = axes(task.problem().stride(), rank);
    this.padding = axes(task.problem().padBegin(), rank);
    this.dilation = axes(task.problem().dilation(), rank);
    this.groups = Math.toIntExact(task.problem().groups());
    this.filter = array(task.w(), task.problem().filterShape());
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = inOrder(array(task.x(), task.problem().inputShape()));
    }
  }

  private PtNDArray array(MemorySegment memory, dev.conv4j.Shape shape) {
    float[] values =
        memory.asSlice(0, shape.elements() * Float.BYTES).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    return (PtNDArray) manager.create(FloatBuffer.wrap(values), new Shape(shape.dims()));
  }

  /** Channels last is an array of that shape seen through a transposition. */
  private PtNDArray inOrder(PtNDArray logical) {
    if (task.format().layout() == Layout.NCHW) {
      return logical;
    }
    int dimensions = logical.getShape().dimension();
    int[] last = new int[dimensions];
    int[] back = new int[dimensions];
    for (int i = 1; i < dimensions; i++) {
      last[i] = i == dimensions - 1 ? 1 : i + 1;
      back[i] = i == 1 ? dimensions - 1 : i - 1;
    }
    try (PtNDArray given = logical;
        NDArray seen = given.transpose(last);
        NDArray lying = seen.add(0)) {
      return (PtNDArray) lying.flatten().reshape(lying.getShape()).transpose(back);
    }
  }

  private static Shape axes(Axes values, int rank) {
    long[] last = new long[rank];
    for (int i = 0; i < rank; i++) {
      last[i] = values.get(3 - rank + i);
    }
    return new Shape(last);
  }

  @Override
  public void run(int set) {
    PyTorchPeer.threads(task.threads());
    PtNDArray before = results[set];
    if (before != null) {
      before.close();
    }
    results[set] =
        JniUtils.convolution(inputs[set], filter, null, stride, padding, dilation, groups);
  }

  @Override
  public void read(int set, MemorySegment y) {
    y.copyFrom(MemorySegment.ofArray(results[set].toFloatArray()));
  }

  @Override
  public void close() {
    manager.close();
  }
}
