package dev.conv4j.peer.opencv;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Shape;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import dev.conv4j.peer.model.ConvModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_dnn;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_dnn.Net;

/**
 * A network of one convolution. It copies its input and keeps its result, so copies of the operands
 * differ in the input only.
 */
final class NetContender implements Contender {

  /** What Winograd loses against a plain sum of products, at most. */
  private static final double WINOGRAD_ERROR = 8;

  private final Arena arena = Arena.ofShared();
  private final Task task;
  private final Net net;
  private final List<Mat> inputs = new ArrayList<>();
  private Mat result = new Mat();

  NetContender(Task task) {
    this.task = task;
    Convolution c = task.problem();
    net = opencv_dnn.readNetFromONNX(ConvModel.of(c, task.w()));
    net.setPreferableBackend(opencv_dnn.DNN_BACKEND_OPENCV);
    net.setPreferableTarget(opencv_dnn.DNN_TARGET_CPU);
    for (int i = 0; i < task.sets(); i++) {
      inputs.add(copy(task.x(), c.inputShape()));
    }
  }

  /** Copies an operand into memory that lives as long as this. */
  private Mat copy(MemorySegment values, Shape shape) {
    MemorySegment memory = arena.allocate(shape.bytes(DType.F32), 64);
    memory.copyFrom(values.asSlice(0, memory.byteSize()));
    return new Mat(extents(shape), opencv_core.CV_32F, pointer(memory));
  }

  private static int[] extents(Shape shape) {
    return Arrays.stream(shape.dims()).mapToInt(Math::toIntExact).toArray();
  }

  static Pointer pointer(MemorySegment memory) {
    return new Pointer(memory.asByteBuffer());
  }

  @Override
  public void run(int set) {
    OpenCvPeer.threads(task.threads());
    net.setInput(inputs.get(set));
    result.close();
    result = net.forward();
  }

  @Override
  public void read(int set, MemorySegment y) {
    run(set);
    FloatBuffer values = result.createBuffer();
    y.copyFrom(MemorySegment.ofBuffer(values));
  }

  @Override
  public double errorFactor() {
    return task.problem().filter().product() == 9 ? WINOGRAD_ERROR : 1;
  }

  @Override
  public void close() {
    result.close();
    inputs.forEach(Mat::close);
    net.close();
    arena.close();
  }
}
