package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Conv4jException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Files damaged in any way give a model or a typed error. {@code conv4j.onnx.mutations} sets how
 * many, {@code conv4j.onnx.seed} repeats a run.
 */
class DamagedModelTest {

  private static final int LARGEST = 40_000;

  @Test
  void aDamagedFileIsAModelOrATypedError() throws IOException {
    int mutations = Integer.getInteger("conv4j.onnx.mutations", 20_000);
    long seed = Long.getLong("conv4j.onnx.seed", System.nanoTime());
    System.out.println("conv4j.onnx.seed=" + seed + ", " + mutations + " damaged models");
    List<byte[]> originals = originals();
    SplittableRandom random = new SplittableRandom(seed);
    int[] models = new int[1];
    assertTimeoutPreemptively(
        Duration.ofSeconds(60 + mutations / 200),
        () -> {
          for (int i = 0; i < mutations; i++) {
            byte[] damaged = damage(originals.get(random.nextInt(originals.size())), random);
            models[0] += load(damaged, seed, i) ? 1 : 0;
          }
        });
    // Damage that never reached past the first check would prove nothing, nor would harmless one.
    assertTrue(models[0] > mutations / 50 && models[0] < mutations, models[0] + " loaded");
  }

  private static boolean load(byte[] bytes, long seed, int index) {
    try {
      OnnxModel.of(bytes);
      return true;
    } catch (Conv4jException typed) {
      return false;
    } catch (RuntimeException | Error other) {
      String start = HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 200));
      throw new AssertionError("seed " + seed + ", mutation " + index + ": " + start, other);
    }
  }

  private static List<byte[]> originals() throws IOException {
    List<byte[]> originals = new ArrayList<>();
    try (Stream<Path> all = Files.walk(SharedData.folder("."))) {
      for (Path file : all.filter(path -> path.toString().endsWith(".onnx")).sorted().toList()) {
        if (Files.size(file) < LARGEST) {
          originals.add(Files.readAllBytes(file));
        }
      }
    }
    return originals;
  }

  private static byte[] damage(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
        case 3 -> bytes = inflated(bytes, at, random);
        case 4 -> bytes = moved(bytes, at, random);
        default -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 8), (byte) 0xff);
      }
    }
    return bytes;
  }

  /** A byte, often a length, becomes a number of several bytes. */
  private static byte[] inflated(byte[] bytes, int at, SplittableRandom random) {
    int extra = 1 + random.nextInt(9);
    byte[] longer = new byte[bytes.length + extra];
    System.arraycopy(bytes, 0, longer, 0, at);
    for (int i = 0; i < extra; i++) {
      longer[at + i] = (byte) (0x80 | random.nextInt());
    }
    System.arraycopy(bytes, at, longer, at + extra, bytes.length - at);
    return longer;
  }

  /** A stretch of the file is written over another one. */
  private static byte[] moved(byte[] bytes, int at, SplittableRandom random) {
    int from = random.nextInt(bytes.length);
    int length = Math.min(random.nextInt(64), bytes.length - Math.max(at, from));
    byte[] changed = bytes.clone();
    System.arraycopy(bytes, from, changed, at, length);
    return changed;
  }
}
