package dev.conv4j.cuda;

import dev.conv4j.DeviceFailureException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** The compiled kernels inside the jar, and the table they were built from. */
class KernelLibrary {

  /** Turing: the oldest generation the compiler that built the kernels knows. */
  static final int OLDEST_CAPABILITY = 75;

  private static final String FOLDER = "kernels/";

  private final Map<String, KernelVariant> variants;

  private final Map<String, String> hashes = new ConcurrentHashMap<>();

  KernelLibrary(Map<String, KernelVariant> variants) {
    this.variants = variants;
  }

  /** Opens the kernels packed with this class. */
  static KernelLibrary packed() {
    return new KernelLibrary(table());
  }

  /** Returns the lines of the table by name. */
  static Map<String, KernelVariant> table() {
    return KernelVariant.parse(text("variants.txt").orElse(""));
  }

  /**
   * Returns why these kernels cannot be used with a driver, or empty when they can.
   *
   * @param driverVersion as 1000·major + 10·minor
   */
  String reasonForAbsence(int driverVersion) {
    return reasonForAbsence(text("toolkit.txt"), text("absent.txt"), driverVersion);
  }

  /**
   * Returns the same for what a build has left.
   *
   * @param toolkit the version of the toolkit that compiled the kernels, if one did
   * @param absent why there are none, where the build knows
   */
  static String reasonForAbsence(
      Optional<String> toolkit, Optional<String> absent, int driverVersion) {
    if (toolkit.isEmpty()) {
      return absent.orElse("the jar has no kernels inside").strip();
    }
    String version = toolkit.get().strip();
    int major = Integer.parseInt(version.split("\\.", 2)[0]);
    return driverVersion / 1000 >= major
        ? ""
        : "the NVIDIA driver supports CUDA "
            + Gpu.version(driverVersion)
            + ", and the kernels inside were compiled with CUDA "
            + version
            + ": a driver for CUDA "
            + major
            + ".0 or newer is needed";
  }

  /** Returns whether there is a variant of that name. */
  boolean hasVariant(String name) {
    return variants.containsKey(name);
  }

  /** Returns the variant of that name. */
  KernelVariant variant(String name) {
    KernelVariant variant = variants.get(name);
    if (variant == null) {
      throw new IllegalArgumentException("variants.txt has no line " + name);
    }
    return variant;
  }

  /** Returns a variant's compiled code. */
  byte[] image(KernelVariant variant) {
    String file = variant.name() + ".fatbin";
    try (InputStream in = KernelLibrary.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new DeviceFailureException("the jar has no compiled kernel " + file);
      }
      return in.readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Returns what identifies a variant's compiled code. */
  String hash(KernelVariant variant) {
    return hashes.computeIfAbsent(variant.name(), name -> digest(image(variant)));
  }

  /** Returns what identifies the variants there are and their sources: what was measured. */
  String tableHash() {
    return hashes.computeIfAbsent(
        "",
        table -> {
          StringBuilder all = new StringBuilder(new TreeMap<>(variants).toString());
          Map<String, String> headers = new TreeMap<>();
          for (String stem :
              new TreeSet<>(variants.values().stream().map(KernelVariant::stem).toList())) {
            String source = NvrtcLibrary.source(stem + ".cu");
            NvrtcLibrary.include(source, headers);
            all.append(source);
          }
          return digest(all.append(headers).toString().getBytes(StandardCharsets.UTF_8));
        });
  }

  private static String digest(byte[] content) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Optional<String> text(String file) {
    try (InputStream in = KernelLibrary.class.getResourceAsStream(FOLDER + file)) {
      return in == null
          ? Optional.empty()
          : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
