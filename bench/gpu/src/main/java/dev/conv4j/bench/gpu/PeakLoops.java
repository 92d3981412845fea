package dev.conv4j.bench.gpu;

import dev.conv4j.Conv4jException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a device's units do at most, measured: loops of nothing but multiply-adds or tensor
 * instructions, written in PTX so that no compiler is needed, and a copy within its memory.
 */
final class PeakLoops {

  private static final int MULTIPROCESSORS = 16;
  private static final int MAJOR = 75;
  private static final int MINOR = 76;

  private static final int THREADS = 256;
  private static final int BLOCKS_PER_UNIT = 8;
  private static final int CHAINS = 8;
  private static final int TURNS = 2000;
  private static final int UNROLLED = 16;
  private static final double SECONDS = 0.25;
  private static final long COPIED = 1L << 30;

  /** Registers of one mma.sync: words of A and B, and what its type is called. */
  private record Tensor(String name, String shape, String type, int a, int b, long flops) {}

  private static final List<Tensor> TENSORS =
      List.of(
          new Tensor("f16", "m16n8k16", "f32.f16.f16.f32", 4, 2, 2L * 16 * 8 * 16),
          new Tensor("bf16", "m16n8k16", "f32.bf16.bf16.f32", 4, 2, 2L * 16 * 8 * 16),
          new Tensor("tf32", "m16n8k8", "f32.tf32.tf32.f32", 4, 2, 2L * 16 * 8 * 8));

  private final Driver driver;
  private final int turns;
  private final long copied;

  /**
   * @param quick for a device that is not real
   */
  PeakLoops(Driver driver, boolean quick) {
    this.driver = driver;
    this.turns = quick ? 1 : TURNS;
    this.copied = quick ? 1 << 16 : COPIED;
  }

  /** Measures everything; where a loop does not run, its value is the reason. */
  Map<String, Object> measure() {
    Map<String, Object> peaks = new LinkedHashMap<>();
    int capability = 10 * driver.attribute(MAJOR) + driver.attribute(MINOR);
    peaks.put("fma_f32_gflops", guarded(() -> loop(fma(capability), 2L * CHAINS)));
    if (capability >= 80) {
      for (Tensor tensor : TENSORS) {
        peaks.put(
            "mma_sync_" + tensor.name + "_gflops",
            guarded(() -> loop(mma(tensor), CHAINS * tensor.flops / 32)));
      }
    }
    if (capability == 90) {
      peaks.put("wgmma_f16_gflops", guarded(() -> loop(wgmma(), 2L * 64 * 128 * 16 / 128)));
    }
    peaks.put("copy_gbytes_per_second", guarded(this::copy));
    return peaks;
  }

  private interface Measurement {
    double run();
  }

  private static Object guarded(Measurement measurement) {
    try {
      return measurement.run();
    } catch (Conv4jException failed) {
      return String.valueOf(failed.getMessage());
    }
  }

  /** Returns 1e9 operations per second of a loop whose body each thread does UNROLLED times. */
  private double loop(String ptx, long flopsPerThreadAndBody) {
    MemorySegment kernel = driver.function(ptx, "peak");
    long sink = driver.allocate(16);
    try {
      int blocks = BLOCKS_PER_UNIT * Math.max(1, driver.attribute(MULTIPROCESSORS));
      driver.launch(kernel, blocks, THREADS, sink, turns);
      driver.synchronize();
      double best = Double.MAX_VALUE;
      long end = System.nanoTime() + (long) (SECONDS * 1e9);
      do {
        long begin = System.nanoTime();
        driver.launch(kernel, blocks, THREADS, sink, turns);
        driver.synchronize();
        best = Math.min(best, (System.nanoTime() - begin) * 1e-9);
      } while (System.nanoTime() < end);
      double bodies = (double) blocks * THREADS * UNROLLED * turns;
      return bodies * flopsPerThreadAndBody / best * 1e-9;
    } finally {
      driver.free(sink);
    }
  }

  private double copy() {
    long bytes = copied;
    long from = driver.allocate(bytes);
    long to = driver.allocate(bytes);
    try {
      driver.fill(from, (byte) 0x5a, bytes);
      driver.copy(from, to, bytes);
      driver.synchronize();
      double best = Double.MAX_VALUE;
      for (int i = 0; i < 10; i++) {
        long begin = System.nanoTime();
        driver.copy(from, to, bytes);
        driver.synchronize();
        best = Math.min(best, (System.nanoTime() - begin) * 1e-9);
      }
      return 2.0 * bytes / best * 1e-9;
    } finally {
      driver.free(from);
      driver.free(to);
    }
  }

  private static String fma(int capability) {
    String body = lines(CHAINS, i -> "fma.rn.f32 %f" + i + ", %f" + i + ", %x, %y;");
    return kernel(
        "sm_" + (capability >= 80 ? 80 : 75),
        ".reg .f32 %f<" + CHAINS + ">, %x, %y;",
        "mov.f32 %x, 0f3F7FFF00; mov.f32 %y, 0f38D1B717;\n"
            + lines(CHAINS, i -> "cvt.rn.f32.u32 %f" + i + ", %n;"),
        body,
        lines(CHAINS - 1, i -> "add.f32 %f0, %f0, %f" + (i + 1) + ";"));
  }

  private static String mma(Tensor tensor) {
    IntFunction<String> one =
        i ->
            String.format(
                "mma.sync.aligned.%s.row.col.%s {%s}, {%s}, {%s}, {%s};",
                tensor.shape,
                tensor.type,
                registers("%f", 4 * i, 4),
                registers("%a", 0, tensor.a),
                registers("%b", 0, tensor.b),
                registers("%f", 4 * i, 4));
    return kernel(
        "sm_80",
        ".reg .f32 %f<" + 4 * CHAINS + ">; .reg .b32 %a<4>, %b<2>;",
        lines(4, i -> "mad.lo.u32 %a" + i + ", %n, 40503, " + (17 + i) + ";")
            + lines(4, i -> "and.b32 %a" + i + ", %a" + i + ", 0x3bff3bff;")
            + lines(2, i -> "xor.b32 %b" + i + ", %a" + i + ", 0x01230321;")
            + lines(4 * CHAINS, i -> "mov.f32 %f" + i + ", 0f00000000;"),
        lines(CHAINS, one),
        lines(4 * CHAINS - 1, i -> "add.f32 %f0, %f0, %f" + (i + 1) + ";"));
  }

  /** Each group of 128 threads multiplies 64x16 by 16x128, both from shared memory. */
  private static String wgmma() {
    int sums = 64;
    return kernel(
        "sm_90a",
        ".reg .f32 %f<"
            + sums
            + ">; .reg .b64 %da, %db; .reg .b32 %s; .shared .align 128 .b8 tile[8192];",
        // Descriptors without swizzle: address, leading and stride offsets in 16 bytes.
        "mov.u32 %s, tile; cvt.u64.u32 %da, %s; shr.u64 %da, %da, 4; and.b64 %da, %da, 0x3fff;\n"
            + "or.b64 %da, %da, 0x0000000800080000; mov.b64 %db, %da;\n"
            // Not zeros, which cost less power: small halves everywhere.
            + "mad.lo.u32 %s, %n, 32, %s;\n"
            + lines(
                8,
                i ->
                    "mad.lo.u32 %n, %n, 40503, "
                        + (17 + i)
                        + "; and.b32 %n, %n, 0x3bff3bff; st.shared.b32 [%s+"
                        + 4 * i
                        + "], %n;")
            + "fence.proxy.async;\nbar.sync 0;\n"
            + lines(sums, i -> "mov.f32 %f" + i + ", 0f00000000;"),
        "wgmma.fence.sync.aligned;\n"
            + "{ .reg .pred %on; setp.eq.u32 %on, 0, 0;\n"
            + "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
            + registers("%f", 0, sums)
            + "}, %da, %db, %on, 1, 1, 0, 0; }\n"
            + "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n",
        lines(sums - 1, i -> "add.f32 %f0, %f0, %f" + (i + 1) + ";"));
  }

  /** A loop of that many turns over the unrolled body; the sum is stored where nobody expects. */
  private static String kernel(
      String target, String registers, String before, String body, String after) {
    return ".version "
        + (target.equals("sm_90a") ? "8.0" : "7.0")
        + "\n.target "
        + target
        + "\n.address_size 64\n"
        + ".visible .entry peak(.param .u64 sink, .param .u32 turns)\n.maxntid "
        + THREADS
        + ", 1, 1\n{\n.reg .b64 %p; .reg .b32 %n; .reg .pred %more, %odd;\n"
        + registers
        + "\nmov.u32 %n, %tid.x;\n"
        + before
        + "\nld.param.u32 %n, [turns];\n"
        + "\nLOOP:\n"
        + body.repeat(UNROLLED)
        + "sub.u32 %n, %n, 1;\nsetp.ne.u32 %more, %n, 0;\n@%more bra LOOP;\n"
        + after
        + "setp.eq.f32 %odd, %f0, 0f7149F2CA;\n" // 1e30: never, but the compiler cannot know
        + "ld.param.u64 %p, [sink];\ncvta.to.global.u64 %p, %p;\n@%odd st.global.f32 [%p], %f0;\n"
        + "ret;\n}\n";
  }

  private static String lines(int count, IntFunction<String> line) {
    return IntStream.range(0, count).mapToObj(line).collect(Collectors.joining("\n", "", "\n"));
  }

  private static String registers(String prefix, int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> prefix + i)
        .collect(Collectors.joining(", "));
  }

  /** The loops' texts, for those who have an assembler but no device. */
  static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("fma", fma(80));
    TENSORS.forEach(tensor -> texts.put("mma-" + tensor.name, mma(tensor)));
    texts.put("wgmma", wgmma());
    return texts;
  }
}
