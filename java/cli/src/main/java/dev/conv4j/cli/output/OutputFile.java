package dev.conv4j.cli.output;

import dev.conv4j.InvalidArgumentException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file to be written whole or not at all: into a neighbour first, which then takes its place.
 * Checked when it is named, so that long work does not end at a missing folder.
 */
public final class OutputFile {

  /** Writes the contents. */
  @FunctionalInterface
  public interface Body {

    /** Writes everything and leaves the stream open. */
    void writeTo(OutputStream stream) throws IOException;
  }

  private final Path target;

  private OutputFile(Path target) {
    this.target = target;
  }

  /**
   * Names a file.
   *
   * @throws InvalidArgumentException if it can be seen now that it cannot be written
   */
  public static OutputFile at(Path path) {
    Path target = path;
    if (Files.isDirectory(path)) {
      throw refused(path, "a folder", "a file name");
    }
    if (Files.exists(path)) {
      if (!Files.isWritable(path)) {
        throw refused(path, "not writable", "a file that may be replaced");
      }
      target = followed(path);
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw refused(path, "in a folder that does not exist", "an existing folder");
    }
    if (!isDevice(target) && !Files.isWritable(folder)) {
      throw refused(path, "in a folder that is not writable", "a folder to write in");
    }
    return new OutputFile(target);
  }

  private static Path followed(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException unreadable) {
      throw failed(path, unreadable);
    }
  }

  /** A pipe or a device, such as /dev/stdout: nothing that could be replaced. */
  private static boolean isDevice(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Returns the file. */
  public Path path() {
    return target;
  }

  /**
   * Writes the file.
   *
   * @throws InvalidArgumentException if that fails; the file is then as it was
   */
  public void write(Body body) {
    try {
      if (isDevice(target)) {
        try (OutputStream stream = Files.newOutputStream(target)) {
          body.writeTo(stream);
        }
      } else {
        replace(body);
      }
    } catch (IOException failure) {
      throw failed(target, failure);
    }
  }

  private void replace(Body body) throws IOException {
    String mark = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    Path fresh = target.resolveSibling("." + target.getFileName() + "." + mark + ".tmp");
    // For an interrupted process; after the move there is nothing of that name to delete.
    fresh.toFile().deleteOnExit();
    try {
      try (OutputStream stream =
          new BufferedOutputStream(
              Files.newOutputStream(
                  fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
        body.writeTo(stream);
      }
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static InvalidArgumentException failed(Path path, IOException failure) {
    String why =
        switch (failure) {
          case AccessDeniedException denied -> "not writable";
          case FileSystemException system when system.getReason() != null -> system.getReason();
          default -> String.valueOf(failure.getMessage());
        };
    return refused(path, "not written (" + why + ")", "a file that can be written");
  }

  private static InvalidArgumentException refused(Path path, String what, String expectation) {
    return new InvalidArgumentException("output file '" + path + "'", what, expectation);
  }
}
