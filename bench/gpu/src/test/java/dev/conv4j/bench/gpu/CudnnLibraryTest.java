package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudnnLibraryTest {

  @TempDir Path folder;

  @Test
  void aFolderWithoutItIsNamedOnOneLine() {
    String message = refusal();
    assertTrue(message.contains(folder.toString()), message);
    assertTrue(message.contains("CONV4J_CUDNN"), message);
    assertFalse(message.contains("\n"));
  }

  @Test
  void aFileThatIsNoLibraryIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("libcudnn.so.9"), "not a library");
    String message = refusal();
    assertTrue(message.contains(file + " does not load"), message);
  }

  private String refusal() {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> CudnnLibrary.load(folder.toString()))
            .getMessage());
  }
}
