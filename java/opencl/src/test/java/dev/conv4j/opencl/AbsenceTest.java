package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is missing is one line, never a stack trace; each case in a JVM of its own. */
class AbsenceTest {

  @TempDir Path folder;

  private List<String> probe(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-Dconv4j.cache=" + folder.resolve("cache"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ProbeMain.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    return out.lines().toList();
  }

  @Test
  void withoutALoaderLibraryItSaysSo() {
    String reason = LoaderProbe.reasonForAbsence(List.of("libNoOpenCL.so.1")).orElseThrow();
    assertEquals("no OpenCL loader library (libNoOpenCL.so.1) on this machine", reason);
  }

  @Test
  void withoutADriverItSaysSo() throws Exception {
    TestDevices.assumePresent();
    List<String> lines =
        probe(Map.of("OCL_ICD_VENDORS", folder.toString()), "--enable-native-access=ALL-UNNAMED");
    assertEquals(
        List.of("absent: the OpenCL loader is here, but no driver is registered with it"), lines);
  }

  /** PoCL takes the kinds of device it makes from its environment. */
  @Test
  void withoutADeviceItSaysSo() throws Exception {
    assumePocl();
    List<String> lines =
        probe(Map.of("POCL_DEVICES", "none"), "--enable-native-access=ALL-UNNAMED");
    assertEquals(List.of("absent: OpenCL drivers are here, but they find no device"), lines);
  }

  @Test
  void everyDeviceHasAnIndex() throws Exception {
    assumePocl();
    List<String> lines =
        probe(Map.of("POCL_DEVICES", "pthread basic"), "--enable-native-access=ALL-UNNAMED");
    assertEquals("present: 2", lines.getFirst());
    assertTrue(lines.get(1).startsWith("opencl:0 "), lines::toString);
    assertTrue(lines.get(2).startsWith("opencl:1 "), lines::toString);
    assertNotEquals(lines.get(1).substring(9), lines.get(2).substring(9));
  }

  private static void assumePocl() {
    TestDevices.assumePresent();
    List<DeviceDescription> devices = Platforms.devices();
    assumeTrue(
        devices.size() == 1
            && devices.getFirst().info().driver().startsWith("Portable Computing Language"),
        "PoCL is not the only driver");
  }

  @Test
  void withNativeAccessDeniedItSaysWhatToDo() throws Exception {
    List<String> lines = probe(Map.of(), "--illegal-native-access=deny");
    assertEquals(
        List.of("absent: native access is denied; start Java with --enable-native-access"), lines);
  }

  @Test
  void aLibraryPlantedInTheTemporaryDirectoryIsNotLoaded() throws Exception {
    TestDevices.assumePresent();
    Path shared = Files.createDirectory(folder.resolve("tmp"));
    Path planted = shared.resolve("libJOCL_2_0_6-linux-x86_64.so");
    Files.writeString(planted, "not a library");
    List<String> lines =
        probe(Map.of(), "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + shared);
    assertTrue(lines.getFirst().startsWith("present: "), lines::toString);
    assertEquals("not a library", Files.readString(planted));
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      Path library = files.filter(f -> f.toString().endsWith(".so")).findFirst().orElseThrow();
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(library.getParent())));
    }
  }

  @Test
  void aDamagedCopyOfTheLibraryIsReplaced() throws Exception {
    TestDevices.assumePresent();
    probe(Map.of(), "--enable-native-access=ALL-UNNAMED");
    Path library;
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      library = files.filter(f -> f.toString().endsWith(".so")).findFirst().orElseThrow();
    }
    Files.writeString(library, "damaged");
    List<String> lines = probe(Map.of(), "--enable-native-access=ALL-UNNAMED");
    assertFalse(lines.getFirst().startsWith("absent"), lines::toString);
    assertTrue(Files.size(library) > 100_000);
  }
}
