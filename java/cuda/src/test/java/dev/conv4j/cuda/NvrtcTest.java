package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceFailureException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiling the sources in the jar, where an NVRTC is at hand; it needs no GPU. */
class NvrtcTest {

  @TempDir Path empty;

  private static Nvrtc compiler() {
    String place = System.getenv().getOrDefault(Nvrtc.VARIABLE, "");
    Optional<Nvrtc> found = Nvrtc.find(place, 99);
    Assumptions.assumeTrue(found.isPresent(), "no NVRTC on this machine");
    return found.orElseThrow();
  }

  @Test
  void aFolderWithoutOneHasNone() {
    assertTrue(Nvrtc.find(empty.toString(), 99).isEmpty());
  }

  @Test
  void oneThatIsTooNewForTheDriverIsNotTaken() {
    compiler();
    assertTrue(Nvrtc.find(System.getenv().getOrDefault(Nvrtc.VARIABLE, ""), 10).isEmpty());
  }

  @Test
  void everySourceCompilesToMachineCode() {
    NvrtcLibrary kernels = new NvrtcLibrary(compiler(), 80);
    Map<String, KernelVariant> oneOfEach = new TreeMap<>();
    KernelLibrary.table().values().forEach(variant -> oneOfEach.put(variant.stem(), variant));
    assertTrue(oneOfEach.size() > 3);
    for (KernelVariant variant : oneOfEach.values()) {
      byte[] image = kernels.image(variant);
      assertEquals(0x7f, image[0], variant.name() + " is no ELF image");
      assertEquals('E', image[1]);
    }
  }

  @Test
  void aWrongSourceIsNamedWithTheFirstError() {
    Nvrtc compiler = compiler();
    DeviceFailureException thrown =
        assertThrows(
            DeviceFailureException.class,
            () -> compiler.compile("broken", "int f( {", Map.of(), List.of()));
    assertTrue(String.valueOf(thrown.getMessage()).contains("broken"), thrown::getMessage);
    assertTrue(String.valueOf(thrown.getMessage()).contains("error"), thrown::getMessage);
  }
}
