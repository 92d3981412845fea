package dev.conv4j.peer.opencv;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;

/** filter2D, plane by plane: every plane has a filter of its own, and the result is as large. */
final class FilterContender implements Contender {

  /** It turns to Fourier transforms for large filters. */
  private static final double FOURIER_ERROR = 16;

  /** The planes of one copy of the operands. */
  private record Set(List<Mat> inputs, List<Mat> results, MemorySegment y) {}

  private final Arena arena = Arena.ofShared();
  private final Task task;
  private final List<Mat> filters;
  private final List<Set> sets = new ArrayList<>();
  private final Point anchor;

  FilterContender(Task task) {
    this.task = task;
    Convolution c = task.problem();
    anchor = new Point((int) c.padBegin().w(), (int) c.padBegin().h());
    filters = planes(copy(task.w(), c.filterShape().bytes(DType.F32)), c.filter());
    for (int i = 0; i < task.sets(); i++) {
      MemorySegment x = copy(task.x(), c.inputShape().bytes(DType.F32));
      MemorySegment y = arena.allocate(c.outputShape().bytes(DType.F32), 64);
      y.fill((byte) 0xff);
      sets.add(new Set(planes(x, c.input()), planes(y, c.output()), y));
    }
  }

  /** Returns whether filter2D computes this. */
  static boolean takes(Convolution c) {
    return c.groups() == c.channels()
        && c.filters() == c.channels()
        && c.stride().equals(Axes.ONES)
        && c.dilation().equals(Axes.ONES)
        && c.output().equals(c.input())
        && c.padBegin().h() < c.filter().h()
        && c.padBegin().w() < c.filter().w();
  }

  private MemorySegment copy(MemorySegment values, long bytes) {
    return arena.allocate(bytes, 64).copyFrom(values.asSlice(0, bytes));
  }

  private static List<Mat> planes(MemorySegment memory, Axes extent) {
    long bytes = extent.product() * Float.BYTES;
    List<Mat> planes = new ArrayList<>();
    for (long at = 0; at < memory.byteSize(); at += bytes) {
      planes.add(
          new Mat(
              (int) extent.h(),
              (int) extent.w(),
              opencv_core.CV_32F,
              NetContender.pointer(memory.asSlice(at, bytes))));
    }
    return planes;
  }

  @Override
  public void run(int set) {
    OpenCvPeer.threads(task.threads());
    Set operands = sets.get(set);
    int channels = filters.size();
    for (int i = 0; i < operands.inputs.size(); i++) {
      opencv_imgproc.filter2D(
          operands.inputs.get(i),
          operands.results.get(i),
          opencv_core.CV_32F,
          filters.get(i % channels),
          anchor,
          0,
          opencv_core.BORDER_CONSTANT);
    }
  }

  @Override
  public void read(int set, MemorySegment y) {
    y.copyFrom(sets.get(set).y);
  }

  @Override
  public double errorFactor() {
    return FOURIER_ERROR;
  }

  @Override
  public void close() {
    filters.forEach(Mat::close);
    for (Set set : sets) {
      set.inputs.forEach(Mat::close);
      set.results.forEach(Mat::close);
    }
    anchor.close();
    arena.close();
  }
}
