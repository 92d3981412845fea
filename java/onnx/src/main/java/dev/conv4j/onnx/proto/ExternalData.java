package dev.conv4j.onnx.proto;

import dev.conv4j.InvalidArgumentException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tensors kept in files beside the model. A model names them, and a model may come from anywhere:
 * only files in the model's own folder or below are opened, whatever links say. Not thread-safe.
 */
public final class ExternalData {

  /** For models that did not come from a file: there is no folder, so there is no such data. */
  public static final ExternalData NONE = new ExternalData(null);

  private final @Nullable Path folder;
  private final Map<Path, MemorySegment> mapped = new HashMap<>();

  private ExternalData(@Nullable Path folder) {
    this.folder = folder;
  }

  /** Returns the data of a model in this folder. */
  public static ExternalData in(Path folder) {
    return new ExternalData(folder);
  }

  /**
   * Maps a tensor's elements.
   *
   * @param name the tensor's name, for messages
   * @param entries the model's {@code location}, {@code offset} and {@code length}
   * @param bytes the size of the elements
   */
  MemorySegment map(String name, Map<String, String> entries, long bytes) {
    String location = entries.getOrDefault("location", "");
    MemorySegment file = file(name, location);
    long offset = number(name, entries, "offset", 0);
    long length = number(name, entries, "length", bytes);
    if (length != bytes || offset > file.byteSize() || bytes > file.byteSize() - offset) {
      throw new InvalidArgumentException(
          "external data of tensor '" + name + "'",
          length + " bytes at offset " + offset + " of '" + location + "'",
          bytes + " bytes inside a file of " + file.byteSize());
    }
    return file.asSlice(offset, bytes);
  }

  private static long number(String name, Map<String, String> entries, String key, long missing) {
    String text = entries.get(key);
    if (text == null) {
      return missing;
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // Said below, as for a negative one.
    }
    throw new InvalidArgumentException(
        key + " of the external data of tensor '" + name + "'", "'" + text + "'", "0 or more");
  }

  private MemorySegment file(String name, String location) {
    if (folder == null) {
      throw new InvalidArgumentException(
          "external data of tensor '" + name + "'",
          "'" + location + "'",
          "a model loaded from a file, whose folder holds it");
    }
    try {
      Path relative = Path.of(location);
      boolean escapes = relative.isAbsolute() || location.isEmpty();
      for (Path part : relative) {
        escapes |= part.toString().equals("..");
      }
      if (escapes) {
        throw outside(name, location);
      }
      Path home = folder.toRealPath();
      Path real = home.resolve(relative).toRealPath();
      if (!real.startsWith(home)) {
        throw outside(name, location);
      }
      MemorySegment known = mapped.get(real);
      if (known == null) {
        known = map(real);
        mapped.put(real, known);
      }
      return known;
    } catch (IOException | InvalidPathException unreadable) {
      throw new InvalidArgumentException(
          "external data of tensor '" + name + "'",
          "'" + location + "' (" + unreadable + ")",
          "a readable file beside the model");
    }
  }

  private static InvalidArgumentException outside(String name, String location) {
    return new InvalidArgumentException(
        "external data of tensor '" + name + "'",
        "'" + location + "'",
        "a path inside the model's folder");
  }

  /** Maps a file for reading; it is unmapped when nobody holds a slice of it. */
  public static MemorySegment map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    }
  }

  /**
   * Returns the same memory as a segment of the class that allocated ones have. Where the compiler
   * meets two classes of segments it checks at each access which one it is, in every loop of the
   * process: a product with mapped weights ran at 17 GB/s then, and at 26 without.
   */
  static MemorySegment plain(MemorySegment memory) {
    long bytes = memory.byteSize();
    boolean fits = bytes <= Integer.MAX_VALUE && bytes % Float.BYTES == 0;
    return fits && memory.isMapped()
        ? MemorySegment.ofBuffer(
            memory.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer())
        : memory;
  }
}
