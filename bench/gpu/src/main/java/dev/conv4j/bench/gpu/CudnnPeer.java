package dev.conv4j.bench.gpu;

import dev.conv4j.Conv4jException;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.MathMode;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * cuDNN in {@code conv4j bench --peers cudnn}: each run waits for the device, as ours does there.
 */
public final class CudnnPeer implements Peer {

  private @Nullable Cudnn cudnn;

  /** Made by {@link java.util.ServiceLoader}; touches nothing. */
  public CudnnPeer() {}

  @Override
  public String name() {
    return "cudnn";
  }

  @Override
  public Availability probe() {
    try {
      NativeLibrary library = CudnnLibrary.load("");
      // On the first GPU. Stays open for the life of the process, like the library.
      cudnn = new Cudnn(library, new Driver(0));
      return new Availability.Present(Cudnn.version(library));
    } catch (IllegalArgumentException | Conv4jException absent) {
      return new Availability.Absent(String.valueOf(absent.getMessage()));
    }
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    Cudnn ready = cudnn;
    DType type = task.format().input();
    if (ready == null || type.isInteger() || task.format().output() != type) {
      return Optional.empty();
    }
    Mode mode = new Mode(type.spelling(), type, MathMode.STRICT, task.format().layout());
    Item item = new Item("", task.problem(), mode, Direction.FORWARD);
    return Theirs.prepare(ready, item, task.x(), task.w(), task.sets()).map(Waiting::new);
  }

  private record Waiting(Theirs side) implements Contender {

    @Override
    public void run(int set) {
      side.enqueue(set);
      side.finish();
    }

    @Override
    public void read(int set, MemorySegment y) {
      side.read(set, y);
    }

    @Override
    public long scratchBytes() {
      return side.workspaceBytes();
    }

    @Override
    public double errorFactor() {
      return side.errorFactor();
    }

    @Override
    public void close() {
      side.close();
    }
  }
}
