package dev.conv4j.cpu.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {

  @TempDir Path root;

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  @Test
  void thisMachineHasAName() {
    Processor here = Processor.local();
    assertTrue(!here.name().isBlank());
    assertTrue(here.cores() >= 1 && here.cores() <= here.logicalCpus());
    assertTrue(here.memoryBytes() > 0);
    assertTrue(here.l1Bytes() >= 8 << 10 && here.l1Bytes() <= here.l2Bytes());
  }

  @Test
  void hyperthreadsOfACoreCountOnceAndForeignCpusNot() throws IOException {
    file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Test Chip 9\nmodel name\t: other");
    file("proc/self/status", "Name:\tjava\nCpus_allowed_list:\t0-3,6");
    int[][] packageAndCore = {{0, 0}, {0, 0}, {0, 1}, {0, 1}, {0, 2}, {0, 2}, {1, 0}, {1, 0}};
    for (int cpu = 0; cpu < packageAndCore.length; cpu++) {
      String topology = "sys/devices/system/cpu/cpu" + cpu + "/topology/";
      file(topology + "physical_package_id", "" + packageAndCore[cpu][0]);
      file(topology + "core_id", "" + packageAndCore[cpu][1]);
    }
    String cache = "sys/devices/system/cpu/cpu0/cache/";
    file(cache + "index0/level", "1");
    file(cache + "index0/type", "Instruction");
    file(cache + "index0/size", "64K");
    file(cache + "index1/level", "1");
    file(cache + "index1/type", "Data");
    file(cache + "index1/size", "48K");
    file(cache + "index2/level", "2");
    file(cache + "index2/type", "Unified");
    file(cache + "index2/size", "2M");
    assertEquals(
        new Processor.Facts("Test Chip 9", 3, 48 << 10, 2 << 20, false),
        new LinuxFacts(root).read());
  }

  @Test
  void cpuinfoNamesTheSecondLevelCacheOfAmd() throws IOException {
    file("proc/cpuinfo", "vendor_id\t: AuthenticAMD\nmodel name\t: Zen\ncache size\t: 1024 KB");
    assertEquals(new Processor.Facts("Zen", 0, 0, 1 << 20, false), new LinuxFacts(root).read());
    file("proc/cpuinfo", "vendor_id\t: GenuineIntel\nmodel name\t: Core\ncache size\t: 9 KB");
    assertEquals(new Processor.Facts("Core", 0, 0, 0, false), new LinuxFacts(root).read());
  }

  @Test
  void aFamilyOfAmdTakesWideVectorsInTwoTurns() throws IOException {
    file("proc/cpuinfo", "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel name\t: Zen 4");
    assertTrue(new LinuxFacts(root).read().splitsWideVectors());
    file("proc/cpuinfo", "vendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel name\t: Zen 5");
    assertFalse(new LinuxFacts(root).read().splitsWideVectors());
    file("proc/cpuinfo", "vendor_id\t: GenuineIntel\ncpu family\t: 25\nmodel name\t: Core");
    assertFalse(new LinuxFacts(root).read().splitsWideVectors());
  }

  @Test
  void nothingReadableIsNothingKnown() {
    assertEquals(new Processor.Facts("", 0, 0, 0, false), new LinuxFacts(root).read());
    assertEquals(-1, new FreeMemory(root).read());
    assertEquals(Set.of(), LinuxFacts.parseList("0-"));
    assertEquals(0, LinuxFacts.parseSize("many"));
  }

  @Test
  void theTightestControlGroupCounts() throws IOException {
    file("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB");
    assertEquals(8000 * 1024, new FreeMemory(root).read());
    file("proc/self/cgroup", "0::/outer/inner");
    file("sys/fs/cgroup/outer/memory.max", "5000");
    file("sys/fs/cgroup/outer/memory.current", "4000");
    file("sys/fs/cgroup/outer/memory.stat", "anon 7\ninactive_file 300");
    assertEquals(1300, new FreeMemory(root).read());
    file("sys/fs/cgroup/outer/inner/memory.max", "max");
    file("sys/fs/cgroup/outer/inner/memory.current", "4000");
    assertEquals(1300, new FreeMemory(root).read());
    file("sys/fs/cgroup/outer/inner/memory.max", "4200");
    assertEquals(200, new FreeMemory(root).read());
  }

  @Test
  void plainLoopsHaveAReasonThatNamesTheFlag() {
    assertEquals("", VectorSupport.obstacle(true, "mixed mode, sharing", ""));
    assertTrue(
        VectorSupport.obstacle(false, "mixed mode", "")
            .contains("--add-modules jdk.incubator.vector"));
    assertTrue(VectorSupport.obstacle(true, "interpreted mode", "").contains("interpreted"));
    assertTrue(
        VectorSupport.obstacle(true, "mixed mode, emulated-client", "").contains("optimising"));
    assertTrue(VectorSupport.obstacle(true, "mixed mode", "0").contains(VectorSupport.PROPERTY));
  }
}
