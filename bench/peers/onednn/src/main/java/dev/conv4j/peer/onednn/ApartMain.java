package dev.conv4j.peer.onednn;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer.Availability;
import dev.conv4j.cli.peer.Peer.Form;
import dev.conv4j.cli.peer.Task;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The far end of the pipe: a process with the library that has Winograd, until its input ends. */
final class ApartMain {

  private final DataInputStream in;
  private final DataOutputStream out;
  private final Map<Integer, Contender> contenders = new HashMap<>();
  private int made;

  private ApartMain(DataInputStream in, DataOutputStream out) {
    this.in = in;
    this.out = out;
  }

  /** Serves requests. */
  public static void main(String[] none) throws IOException {
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
    DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    // Whatever prints must not print into the answers.
    System.setOut(System.err);
    ApartMain served = new ApartMain(in, out);
    try {
      while (true) {
        served.serve(ApartProcess.Request.valueOf(in.readUTF()));
        out.flush();
      }
    } catch (EOFException done) {
      // Whoever asked is gone.
    }
  }

  private void serve(ApartProcess.Request request) throws IOException {
    switch (request) {
      case PROBE -> probe();
      case PREPARE -> prepare();
      case TIME -> out.writeDouble(contender().time(in.readInt(), in.readInt(), in.readInt()));
      case READ -> read();
      case CLOSE -> Objects.requireNonNull(contenders.remove(in.readInt())).close();
    }
  }

  private Contender contender() throws IOException {
    return Objects.requireNonNull(contenders.get(in.readInt()));
  }

  private void probe() throws IOException {
    switch (Natives.probe(Natives.WINOGRAD)) {
      case Availability.Present(String version) -> {
        out.writeBoolean(true);
        out.writeUTF(version);
      }
      case Availability.Absent(String reason) -> {
        out.writeBoolean(false);
        out.writeUTF(reason);
      }
    }
  }

  private void prepare() throws IOException {
    Form form = Form.valueOf(in.readUTF());
    Convolution problem = Convolution.parse(in.readUTF());
    Task.Format format = Task.Format.of(DType.valueOf(in.readUTF()), Layout.valueOf(in.readUTF()));
    int threads = in.readInt();
    int sets = in.readInt();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x = arena.allocate(problem.inputShape().bytes(format.input()), 64);
      MemorySegment w = arena.allocate(problem.filterShape().bytes(format.filter()), 64);
      Pipe.read(in, x);
      Pipe.read(in, w);
      Optional<Contender> contender =
          OneDnnPeer.prepare(
              Natives.load(Natives.WINOGRAD),
              new Task(problem, format, threads, sets, x, w),
              form,
              List.of(OneDnn.AUTO, OneDnn.WINOGRAD));
      out.writeInt(contender.isPresent() ? made : -1);
      if (contender.isPresent()) {
        contenders.put(made++, contender.get());
        out.writeDouble(contender.get().errorFactor());
      }
    }
  }

  private void read() throws IOException {
    Contender contender = contender();
    int set = in.readInt();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment y = arena.allocate(in.readLong(), 64);
      contender.read(set, y);
      Pipe.write(out, y);
    }
  }
}
