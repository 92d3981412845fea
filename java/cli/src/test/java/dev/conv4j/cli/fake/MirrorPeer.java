package dev.conv4j.cli.fake;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.cli.check.DirectSum;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Another library that only takes filters of one tap, and is quick because it computed before. */
public final class MirrorPeer implements Peer {

  @Override
  public String name() {
    return "mirror";
  }

  @Override
  public Availability probe() {
    return new Availability.Present("2.5");
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    Convolution problem = task.problem();
    if (problem.filter().product() != 1) {
      return Optional.empty();
    }
    double[] y = new double[(int) problem.outputShape().elements()];
    DirectSum oracle = new DirectSum(problem, false);
    DType type = task.format().input();
    for (int i = 0; i < y.length; i++) {
      y[i] =
          oracle.forwardAt(i, at -> type.load(task.x(), at), at -> type.load(task.w(), at)).value();
    }
    return Optional.of(
        new Contender() {
          @Override
          public void run(int set) {}

          @Override
          public void read(int set, MemorySegment target) {
            for (int i = 0; i < y.length; i++) {
              task.format().output().store(target, i, y[i]);
            }
          }

          @Override
          public void close() {}
        });
  }
}
