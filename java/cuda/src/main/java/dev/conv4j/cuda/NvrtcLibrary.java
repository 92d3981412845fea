package dev.conv4j.cuda;

import dev.conv4j.spi.kernels.CacheDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The kernels of the table, compiled by the user's own NVRTC when first asked for and kept in the
 * user's cache: for a driver that is too old for the compiled ones, or a jar that has none.
 */
final class NvrtcLibrary extends KernelLibrary {

  private static final String SOURCES = "kernels/source/";
  private static final Pattern INCLUDE = Pattern.compile("#include [<\"]([a-z_]+[.]cuh)[>\"]");

  private final Nvrtc compiler;
  private final int capability;
  private final Map<String, List<String>> settings = new TreeMap<>();
  private final CacheDirectory cache = CacheDirectory.open();
  private final Map<String, String> hashes = new ConcurrentHashMap<>();

  /**
   * @param capability the generation to compile for, 10·major + minor
   */
  NvrtcLibrary(Nvrtc compiler, int capability) {
    super(table());
    this.compiler = compiler;
    this.capability = capability;
    for (String line : read("kernels/variants.txt").lines().toList()) {
      String[] words = line.replaceFirst("#.*", "").strip().split("\\s+");
      if (words.length >= 2) {
        settings.put(words[0], List.of(words).subList(2, words.length));
      }
    }
  }

  /** What a variant is compiled from. */
  private record Unit(String source, Map<String, String> headers, List<String> options) {}

  private Unit unit(KernelVariant variant) {
    String source = source(variant.stem() + ".cu");
    Map<String, String> headers = new TreeMap<>();
    include(source, headers);
    List<String> options = new ArrayList<>();
    options.add("--std=c++17");
    options.add("--gpu-architecture=sm_" + capability);
    settings.getOrDefault(variant.name(), List.of()).forEach(s -> options.add("-D" + s));
    return new Unit(source, headers, options);
  }

  /** By the source, so that a plan's candidates need not be compiled to be compared. */
  @Override
  String hash(KernelVariant variant) {
    return hashes.computeIfAbsent(variant.name(), name -> hash(unit(variant)));
  }

  private String hash(Unit unit) {
    return CacheDirectory.sha256(
        compiler.version() + unit.options() + unit.headers() + unit.source());
  }

  @Override
  byte[] image(KernelVariant variant) {
    Unit unit = unit(variant);
    String name = "cuda/" + hash(variant) + ".cubin";
    return cache
        .read(name)
        .orElseGet(() -> {
          byte[] made =
              compiler.compile(variant.name(), unit.source(), unit.headers(), unit.options());
          cache.write(name, made);
          return made;
        });
  }

  /** Collects what a text includes, and what that includes. */
  static void include(String text, Map<String, String> into) {
    for (MatchResult include : INCLUDE.matcher(text).results().toList()) {
      String name = include.group(1);
      if (!into.containsKey(name)) {
        String header = source(name);
        into.put(name, header);
        include(header, into);
      }
    }
  }

  /** Returns a source in the jar. */
  static String source(String file) {
    return read(SOURCES + file);
  }

  private static String read(String name) {
    try (InputStream in = NvrtcLibrary.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
