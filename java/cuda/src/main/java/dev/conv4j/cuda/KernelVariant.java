package dev.conv4j.cuda;

import dev.conv4j.spi.kernels.Tuning;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A line of {@code kernels-cu/variants.txt}: one source compiled with one set of macros.
 *
 * @param name of the compiled file
 * @param stem of the source, and the name of the entry in it
 * @param tuning the macros with a number: tile sizes, from which grids are computed
 */
record KernelVariant(String name, String stem, Tuning tuning) {

  /** Reads the table. */
  static Map<String, KernelVariant> parse(String table) {
    Map<String, KernelVariant> variants = new LinkedHashMap<>();
    for (String line : table.lines().toList()) {
      String[] words = line.replaceFirst("#.*", "").strip().split("\\s+");
      if (words.length >= 2) {
        variants.put(words[0], new KernelVariant(words[0], words[1], numbers(words)));
      }
    }
    return Map.copyOf(variants);
  }

  private static Tuning numbers(String[] words) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (int i = 2; i < words.length; i++) {
      String[] setting = words[i].split("=", 2);
      if (setting.length == 2 && setting[1].matches("[0-9]+")) {
        numbers.put(setting[0], Integer.valueOf(setting[1]));
      }
    }
    return Tuning.of(numbers);
  }

  /** Returns the threads of a block. */
  int threads() {
    return tuning.get("THREADS");
  }

  /** Returns the dynamic shared memory of a block in bytes. */
  int sharedBytes() {
    return tuning.values().getOrDefault("SHARED_BYTES", 0);
  }
}
