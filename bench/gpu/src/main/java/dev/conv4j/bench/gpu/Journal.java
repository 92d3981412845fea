package dev.conv4j.bench.gpu;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was found so far, a line each, and what is being tried right now: a process that a device
 * takes down with it leaves both behind, and the next one goes on behind the item that did it.
 */
final class Journal {

  private static final String KEY = "key";
  private static final String BROKE = "took the process down, or did not end";

  private final Path lines;
  private final Path current;
  private final Map<String, Map<String, Object>> entries = new LinkedHashMap<>();

  /** Opens the journal of a folder and closes the item that an earlier process died of. */
  Journal(Path folder) {
    lines = folder.resolve("gpu-check.jsonl");
    current = folder.resolve("gpu-check.current");
    try {
      Files.createDirectories(folder);
      if (Files.exists(lines)) {
        for (String line : Files.readAllLines(lines)) {
          Map<String, Object> entry = JSON.std.mapFrom(line);
          entries.put(String.valueOf(entry.get(KEY)), entry);
        }
      }
      if (Files.exists(current)) {
        String key = Files.readString(current);
        if (!has(key)) {
          Map<String, @Nullable Object> row = new LinkedHashMap<>();
          row.put(KEY, key);
          row.put("verified", false);
          row.put("note", BROKE);
          add(row);
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /** Returns an entry, or null. */
  @Nullable Map<String, Object> get(String key) {
    return entries.get(key);
  }

  /** Returns the entries that have a field, in their order. */
  List<Map<String, Object>> with(String field) {
    List<Map<String, Object>> found = new ArrayList<>();
    entries.values().stream().filter(entry -> entry.containsKey(field)).forEach(found::add);
    return found;
  }

  /** Returns the items that a process ended in. */
  List<Object> broken() {
    return entries.values().stream()
        .filter(entry -> BROKE.equals(entry.get("note")))
        .map(entry -> entry.get(KEY))
        .toList();
  }

  /** Says what is tried next. */
  void begin(String key) {
    try {
      Files.writeString(current, key);
    } catch (IOException full) {
      throw new UncheckedIOException(full);
    }
  }

  /** Adds an entry, which has a key, and is on disk when this returns. */
  void add(Map<String, @Nullable Object> entry) {
    entries.put(String.valueOf(entry.get(KEY)), new LinkedHashMap<>(entry));
    try {
      Files.writeString(
          lines,
          JSON.std.asString(entry) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      Files.deleteIfExists(current);
    } catch (IOException full) {
      throw new UncheckedIOException(full);
    }
  }
}
