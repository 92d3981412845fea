package dev.conv4j.peer.opencv;

import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_dnn;
import org.bytedeco.opencv.global.opencv_imgproc;

/**
 * OpenCV on the CPU: the convolution layer of its networks, or its image filter where that can
 * compute the problem, whichever is faster.
 */
public final class OpenCvPeer implements Peer {

  private static final int TRIALS = 5;

  private static int threads;

  @Override
  public String name() {
    return "opencv";
  }

  @Override
  public Availability probe() {
    try {
      Loader.load(opencv_dnn.class);
      Loader.load(opencv_imgproc.class);
      return new Availability.Present(opencv_core.CV_VERSION());
    } catch (LinkageError missing) {
      return new Availability.Absent(String.valueOf(missing.getMessage()));
    }
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    Task.Format format = task.format();
    Convolution c = task.problem();
    if (format.input() != DType.F32
        || format.filter() != DType.F32
        || format.output() != DType.F32
        || format.layout() != Layout.NCHW
        || c.border() != Border.ZEROS
        || c.inputShape().rank() > 4
        || c.inputShape().elements() > Integer.MAX_VALUE
        || c.outputShape().elements() > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    threads(task.threads());
    List<Contender> all = new ArrayList<>();
    all.add(new NetContender(task));
    if (FilterContender.takes(c)) {
      all.add(new FilterContender(task));
    }
    Contender best = all.getFirst();
    double least = Double.MAX_VALUE;
    for (Contender one : all) {
      double time = Double.MAX_VALUE;
      for (int i = 0; i < TRIALS && all.size() > 1; i++) {
        time = Math.min(time, one.time(0, 1, 1));
      }
      if (time < least) {
        best = one;
        least = time;
      }
    }
    for (Contender one : all) {
      if (!one.equals(best)) {
        one.close();
      }
    }
    return Optional.of(best);
  }

  /** Sets the number of threads, which is one for the process. */
  static void threads(int wanted) {
    if (threads != wanted) {
      threads = wanted;
      opencv_core.setNumThreads(wanted);
    }
  }
}
