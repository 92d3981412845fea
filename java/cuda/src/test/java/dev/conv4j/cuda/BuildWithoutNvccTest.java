package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Nobody needs a CUDA toolkit to build the rest. */
@DisabledOnOs(OS.WINDOWS)
class BuildWithoutNvccTest {

  @TempDir Path kernels;
  @TempDir Path cache;

  @Test
  void theBuildPassesAndTheBackendSaysWhyItIsAbsent() throws Exception {
    ProcessBuilder build =
        new ProcessBuilder("../../kernels-cu/build", kernels.toString())
            .redirectError(Redirect.DISCARD)
            .redirectOutput(Redirect.DISCARD);
    build.environment().put("NVCC", "none");
    build.environment().put("CONV4J_BUILD_CACHE", cache.toString());
    assertEquals(0, build.start().waitFor());
    assertFalse(Files.exists(kernels.resolve("toolkit.txt")));
    Optional<String> absent = Optional.of(Files.readString(kernels.resolve("absent.txt")));
    String reason = KernelLibrary.reasonForAbsence(Optional.empty(), absent, 13000);
    assertTrue(reason.startsWith("built without nvcc"), reason);
    assertFalse(reason.contains("\n"));
    String table = Files.readString(kernels.resolve("variants.txt"));
    assertEquals(KernelLibrary.table().keySet(), KernelVariant.parse(table).keySet());
  }
}
