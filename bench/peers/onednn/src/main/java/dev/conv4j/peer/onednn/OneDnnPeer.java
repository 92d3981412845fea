package dev.conv4j.peer.onednn;

import dev.conv4j.Border;
import dev.conv4j.DType;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The newest oneDNN, in this process. Every way to compute a problem is made ready and tried; the
 * fastest is the contender.
 */
abstract class OneDnnPeer implements Peer {

  /** What Winograd F(4,3) loses against a plain sum of products, at most. */
  static final double WINOGRAD_ERROR = 8;

  private static final int TRIALS = 7;

  private final String name;
  private final Form form;

  private OneDnnPeer(String name, Form form) {
    this.name = name;
    this.form = form;
  }

  /** Takes and leaves the task's memory order. */
  public static final class DropIn extends OneDnnPeer {

    /** For the service loader. */
    public DropIn() {
      super("onednn", Form.DROP_IN);
    }
  }

  /** Works in the order the library chooses. */
  public static final class Native extends OneDnnPeer {

    /** For the service loader. */
    public Native() {
      super("onednn-native", Form.NATIVE);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Form form() {
    return form;
  }

  @Override
  public Availability probe() {
    return Natives.probe(Natives.ONEDNN);
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    return prepare(Natives.load(Natives.ONEDNN), task, form, List.of(OneDnn.AUTO));
  }

  /** Returns the fastest of all variants, empty when there is none. */
  static Optional<Contender> prepare(
      OneDnn library, Task task, Form form, List<Integer> algorithms) {
    Task.Format format = task.format();
    if (format.input() != DType.F32
        || format.filter() != DType.F32
        || format.output() != DType.F32
        || task.problem().border() != Border.ZEROS) {
      return Optional.empty();
    }
    library.threads(task.threads());
    boolean dropIn = form == Form.DROP_IN;
    List<Contender> all = new ArrayList<>();
    for (int algorithm : algorithms) {
      Variant.of(library, task, algorithm, true)
          .ifPresent(variant -> all.add(new OneDnnContender(variant, task, dropIn)));
      if (dropIn) {
        Variant.of(library, task, algorithm, false)
            .ifPresent(variant -> all.add(new OneDnnContender(variant, task, true)));
      }
    }
    return fastest(all, task.sets());
  }

  /** Closes all but the one with the least time. */
  private static Optional<Contender> fastest(List<Contender> all, int sets) {
    Contender best = null;
    double least = Double.MAX_VALUE;
    for (Contender one : all) {
      double time = Double.MAX_VALUE;
      for (int i = 0; i < TRIALS && all.size() > 1; i++) {
        time = Math.min(time, one.time(i % sets, sets, 1));
      }
      if (best == null || time < least) {
        best = one;
        least = time;
      }
    }
    for (Contender one : all) {
      if (!one.equals(best)) {
        one.close();
      }
    }
    return Optional.ofNullable(best);
  }
}
