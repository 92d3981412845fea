package dev.conv4j.opencl;

import dev.conv4j.spi.kernels.Tuning;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A kernel file with the macros it is compiled with.
 *
 * @param stem the file's name without its end
 * @param macros what selects types, layout and direction
 * @param tuning tile sizes
 */
record KernelVariant(String stem, SortedMap<String, String> macros, Tuning tuning) {

  /** Asks for products of four bytes at a time, which are part of a later OpenCL C. */
  static final String DOT4 = "DOT4";

  KernelVariant {
    macros = new TreeMap<>(macros);
  }

  static KernelVariant of(String stem, Map<String, String> macros, Tuning tuning) {
    return new KernelVariant(stem, new TreeMap<>(macros), tuning);
  }

  /** Returns the compiler's options. */
  String options() {
    Stream<String> all =
        Stream.concat(
            macros.entrySet().stream().map(e -> "-D" + e.getKey() + "=" + e.getValue()),
            tuning.values().entrySet().stream().map(e -> "-D" + e.getKey() + "=" + e.getValue()));
    return Stream.concat(
            Stream.of(macros.containsKey(DOT4) ? "-cl-std=CL3.0" : "-cl-std=CL1.2"), all)
        .collect(Collectors.joining(" "));
  }

  @Override
  public String toString() {
    return stem + " (" + options() + ")";
  }
}
