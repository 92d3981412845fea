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

  /** Returns the compiler's options apart from the version of the language. */
  String options() {
    return Stream.concat(macros.entrySet().stream(), tuning.values().entrySet().stream())
        .map(e -> "-D" + e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(" "));
  }

  /** Returns the oldest version of the language that has what the kernel uses on a device. */
  String language(DeviceDescription device) {
    boolean shuffles = Integer.valueOf(1).equals(tuning.values().get(TileShape.SUB_GROUP));
    boolean recent = macros.containsKey(DOT4) || (shuffles && !device.hasIntelSubGroups());
    return recent ? "-cl-std=CL3.0" : "-cl-std=CL1.2";
  }

  @Override
  public String toString() {
    return stem + " (" + options() + ")";
  }
}
