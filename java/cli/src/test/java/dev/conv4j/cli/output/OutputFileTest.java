package dev.conv4j.cli.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {

  @TempDir Path folder;

  @Test
  void aBodyThatFailsLeavesTheFileAsItWas() throws IOException {
    Path file = folder.resolve("out.txt");
    Files.writeString(file, "before");
    InvalidArgumentException refused =
        assertThrows(
            InvalidArgumentException.class,
            () ->
                OutputFile.at(file)
                    .write(stream -> {
                      stream.write(new byte[100_000]);
                      throw new IOException("disk full");
                    }));
    assertTrue(refused.getMessage().contains("disk full"), refused.getMessage());
    assertEquals("before", Files.readString(file));
    assertEquals(List.of(file), contents());
  }

  @Test
  void aNewFileReplacesTheOldOne() throws IOException {
    Path file = folder.resolve("out.txt");
    Files.writeString(file, "a longer text than what comes");
    OutputFile.at(file).write(stream -> stream.write('x'));
    assertArrayEquals(new byte[] {'x'}, Files.readAllBytes(file));
    assertEquals(List.of(file), contents());
  }

  @Test
  void aLinkStaysALink() throws IOException {
    Path file = folder.resolve("out.txt");
    Path link = folder.resolve("link.txt");
    Files.writeString(file, "before");
    Files.createSymbolicLink(link, file);
    OutputFile.at(link).write(stream -> stream.write('x'));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("x", Files.readString(file));
  }

  @Test
  void whatCannotBeWrittenIsSaidBeforeTheWork() {
    assertThrows(InvalidArgumentException.class, () -> OutputFile.at(folder));
    assertThrows(
        InvalidArgumentException.class, () -> OutputFile.at(folder.resolve("no/such/file")));
  }

  @Test
  void aDeviceIsWrittenToAndNotReplaced() {
    Path device = Path.of("/dev/null");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(device), "there is no /dev/null");
    OutputFile.at(device).write(stream -> stream.write('x'));
    assertTrue(Files.exists(device) && !Files.isRegularFile(device));
  }

  private List<Path> contents() throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }
}
