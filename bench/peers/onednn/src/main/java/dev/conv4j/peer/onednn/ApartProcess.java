package dev.conv4j.peer.onednn;

import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer.Availability;
import dev.conv4j.cli.peer.Peer.Form;
import dev.conv4j.cli.peer.Task;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/** The near end of the pipe to {@link ApartMain}: one request, one answer, in turn. */
final class ApartProcess {

  /** What a request begins with. */
  enum Request {
    PROBE,
    PREPARE,
    TIME,
    READ,
    CLOSE
  }

  private final DataOutputStream out;
  private final DataInputStream in;

  /** Starts a JVM like this one. It ends when this one does, since its input ends. */
  ApartProcess() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ApartMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
  }

  synchronized Availability probe() throws IOException {
    send(Request.PROBE);
    out.flush();
    boolean present = in.readBoolean();
    String text = in.readUTF();
    return present ? new Availability.Present(text) : new Availability.Absent(text);
  }

  synchronized Optional<Contender> prepare(Task task, Form form) throws IOException {
    send(Request.PREPARE);
    out.writeUTF(form.name());
    out.writeUTF(task.problem().toString());
    out.writeUTF(task.format().input().name());
    out.writeUTF(task.format().layout().name());
    out.writeInt(task.threads());
    out.writeInt(task.sets());
    Pipe.write(out, task.x());
    Pipe.write(out, task.w());
    out.flush();
    int id = in.readInt();
    return id < 0 ? Optional.empty() : Optional.of(new Remote(id, in.readDouble()));
  }

  private void send(Request request) throws IOException {
    out.writeUTF(request.name());
  }

  /** A contender over there. */
  private final class Remote implements Contender {

    private final int id;
    private final double errorFactor;

    Remote(int id, double errorFactor) {
      this.id = id;
      this.errorFactor = errorFactor;
    }

    @Override
    public void run(int set) {
      time(set, set + 1, 1);
    }

    @Override
    public double time(int first, int sets, int times) {
      synchronized (ApartProcess.this) {
        try {
          send(Request.TIME);
          out.writeInt(id);
          out.writeInt(first);
          out.writeInt(sets);
          out.writeInt(times);
          out.flush();
          return in.readDouble();
        } catch (IOException failed) {
          throw new UncheckedIOException(failed);
        }
      }
    }

    @Override
    public void read(int set, MemorySegment y) {
      synchronized (ApartProcess.this) {
        try {
          send(Request.READ);
          out.writeInt(id);
          out.writeInt(set);
          out.writeLong(y.byteSize());
          out.flush();
          Pipe.read(in, y);
        } catch (IOException failed) {
          throw new UncheckedIOException(failed);
        }
      }
    }

    @Override
    public double errorFactor() {
      return errorFactor;
    }

    @Override
    public void close() {
      synchronized (ApartProcess.this) {
        try {
          send(Request.CLOSE);
          out.writeInt(id);
          out.flush();
        } catch (IOException failed) {
          throw new UncheckedIOException(failed);
        }
      }
    }
  }
}
