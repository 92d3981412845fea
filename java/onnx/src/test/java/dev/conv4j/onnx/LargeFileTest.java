package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.conv4j.Engine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeFileTest {

  private static final long GAP = 5L << 29;

  /** An unknown field of 2.5 GB, a hole in the file, stands before the network. */
  @Test
  void fileBeyondTwoGigabytesIsRead(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("large.onnx");
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    TinyModel.varint(head, (99L << 3) | 2);
    TinyModel.varint(head, GAP);
    byte[] network = new TinyModel(13).input("x").output("y").node("Relu", "x", "y").write();
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(head.toByteArray());
      out.seek(head.size() + GAP);
      out.write(network);
    }
    try (Engine engine = Engine.open("cpu");
        OnnxSession session = OnnxModel.load(file).session(engine)) {
      OnnxTensor x = OnnxTensor.of(new long[] {2}, -1, 2);
      assertArrayEquals(new float[] {0, 2}, session.run(Map.of("x", x)).get("y").toFloatArray());
    }
  }
}
