package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the compiler made of the loops in which the time goes, where a {@code cuobjdump} is at hand
 * and the jar has machine code. Shares count instructions in the code, those of both branches and
 * of the one warp that looks places up included, so more than the share is executed.
 */
class HotLoopsTest {

  private static final Pattern LINE =
      Pattern.compile("\\s+/\\*([0-9a-f]{4,})\\*/\\s+(?:@!?\\w+ )?([A-Z0-9_.a-z]+)(.*);.*");
  private static final Pattern TARGET = Pattern.compile(".*0x([0-9a-f]+)\\s*");

  private record Instruction(long at, String opcode, String operands) {}

  private record Loop(List<Instruction> body) {
    long count(String opcode) {
      return body.stream().filter(one -> one.opcode.matches("(" + opcode + ")(\\..*)?")).count();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "implicit-gemm-128x128-ss, FFMA, 0.85",
    "implicit-gemm-128x128-sr, FFMA, 0.85",
    "implicit-gemm-128x128-se, FFMA, 0.85",
    "implicit-gemm-128x128-rs, FFMA, 0.75",
    "implicit-gemm-128x128-rr, FFMA, 0.77",
    "implicit-gemm-128x128-ee, FFMA, 0.60",
    "implicit-gemm-64x64-rr, FFMA, 0.68",
    "tensor-gemm-f16-128x128-ss, HMMA, 0.14",
    "tensor-gemm-f16-128x128-rr, HMMA, 0.14",
    "tensor-gemm-f16-128x128-rs, HMMA, 0.14",
    "tensor-gemm-f16-128x128-sr, HMMA, 0.14",
    "tensor-gemm-f16-128x256-ss, HMMA, 0.18",
    "tensor-gemm-f16-128x256-rs, HMMA, 0.18",
    "tensor-gemm-bf16-128x256-ss, HMMA, 0.18",
    "tensor-gemm-tf32-128x128-ss, HMMA, 0.10",
    "tensor-gemm-s8-128x128-ss, IMMA, 0.09",
  })
  void theLoopIsMostlyArithmetic(String variant, String math, double share) throws Exception {
    for (String machine : List.of("sm_80", "sm_90")) {
      Loop hot = hottest(variant, machine, math);
      String what = variant + " on " + machine;
      double reached = hot.count(math) / (double) hot.body.size();
      System.out.printf("%s: %d instructions, %.2f %s%n", what, hot.body.size(), reached, math);
      assertTrue(reached >= share, () -> what + " has only " + reached + " " + math);
      assertEquals(0, hot.count("LDL") + hot.count("STL"), () -> what + " spills in its loop");
      assertEquals(0, hot.count("MUFU") + hot.count("I2F"), () -> what + " divides in its loop");
      assertEquals(0, hot.count("LDG"), () -> what + " loads through registers");
      assertTrue(hot.count("BAR") <= 1, () -> what + " has more than one barrier for each tile");
      boolean wide =
          hot.count("LDS[.]128") + hot.count("LDSM[.]16[.]M88[.]4|LDSM[.]16[.]MT88[.]4") >= 8;
      assertTrue(wide, () -> what + " reads tiles by elements");
    }
  }

  /** The loop with most of the arithmetic, and of those around one another the innermost. */
  private static Loop hottest(String variant, String machine, String math) throws Exception {
    List<Instruction> code = disassembled(variant, machine);
    Assumptions.assumeFalse(code.isEmpty(), "no machine code of " + machine + " in this build");
    List<Loop> loops = new ArrayList<>();
    for (Instruction branch : code) {
      var target = TARGET.matcher(branch.operands);
      if (branch.opcode.startsWith("BRA") && target.matches()) {
        long begin = Long.parseLong(target.group(1), 16);
        loops.add(
            new Loop(code.stream().filter(one -> one.at >= begin && one.at <= branch.at).toList()));
      }
    }
    return loops.stream()
        .max(
            Comparator.comparingLong((Loop loop) -> loop.count(math))
                .thenComparingInt(loop -> -loop.body.size()))
        .orElseThrow();
  }

  private static List<Instruction> disassembled(String variant, String machine) throws Exception {
    Path tool = tool().orElse(null);
    Assumptions.assumeTrue(tool != null, "no cuobjdump on this machine");
    Path classes =
        Path.of(KernelLibrary.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path image = classes.resolve("dev/conv4j/cuda/kernels/" + variant + ".fatbin");
    Assumptions.assumeTrue(Files.exists(image), "built without nvcc");
    ProcessBuilder builder =
        new ProcessBuilder(tool.toString(), "-sass", "-arch", machine, image.toString())
            .redirectErrorStream(true);
    // It calls nvdisasm.
    builder.environment().merge("PATH", tool.getParent() + ":", (path, own) -> own + path);
    Process process = builder.start();
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return text.lines()
          .map(LINE::matcher)
          .filter(line -> line.matches())
          .map(line ->
              new Instruction(Long.parseLong(line.group(1), 16), line.group(2), line.group(3)))
          .toList();
    }
  }

  private static Optional<Path> tool() throws IOException {
    String folders = System.getenv("PATH") + ":/usr/local/cuda/bin";
    return Stream.of(folders.split(":", -1))
        .map(folder -> Path.of(folder, "cuobjdump").toAbsolutePath())
        .filter(Files::isExecutable)
        .findFirst();
  }
}
