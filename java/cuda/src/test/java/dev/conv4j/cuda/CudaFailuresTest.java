package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceFailureException;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.Engine;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the driver refuses, and many threads at once. */
class CudaFailuresTest {

  @BeforeEach
  void emulator() {
    Emulator.demand();
    Emulator.findings();
  }

  @Test
  void bothDevicesOpen() {
    for (int index = 0; index < 2; index++) {
      try (Device device = new CudaBackend().open(index, DeviceSettings.DEFAULT)) {
        assertEquals("cuda:" + index, device.info().id());
        assertEquals("8.0", device.info().properties().get("compute capability"));
        assertEquals("CUDA 13.0", device.info().driver());
        assertEquals(4L << 30, device.info().memoryBytes());
        String units = device.info().properties().get("multiprocessors");
        assertEquals(Integer.toString(device.info().computeUnits()), units);
        device.memory().close();
      }
    }
  }

  @Test
  void aDeviceThatDoesNotExistIsNamed() {
    DeviceFailureException thrown =
        assertThrows(
            DeviceFailureException.class, () -> new CudaBackend().open(7, DeviceSettings.DEFAULT));
    assertTrue(String.valueOf(thrown.getMessage()).contains("cuda:7"), thrown.getMessage());
  }

  @Test
  void bytesOfAnyKindOfMemoryTravelBothWays() {
    int bytes = (9 << 20) + 13;
    byte[] sent = new byte[bytes];
    new java.util.Random(3).nextBytes(sent);
    try (Device device = new CudaBackend().open(0, DeviceSettings.DEFAULT);
        Arena arena = Arena.ofConfined()) {
      Allocation allocation = device.memory().allocate(bytes, "test");
      device.memory().upload(MemorySegment.ofArray(sent), allocation.block());
      MemorySegment back = arena.allocate(bytes);
      device.memory().download(allocation.block(), back);
      assertArrayEquals(sent, back.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
      device.memory().close();
    }
  }

  @Test
  void anAllocationBeyondTheDeviceSaysHowMuchIsFree() {
    try (Device device = new CudaBackend().open(0, DeviceSettings.DEFAULT)) {
      DeviceOutOfMemoryException thrown =
          assertThrows(
              DeviceOutOfMemoryException.class,
              () -> device.memory().allocate(1L << 40, "too much"));
      assertEquals(1L << 40, thrown.requested());
      assertEquals(device.memory().freeBytes(), thrown.free());
      device.memory().close();
    }
  }

  @Test
  void injectedOutOfMemoryIsThatAndTheEngineGoesOn() {
    try (Engine engine = Engine.open("cuda:0")) {
      convolve(engine, 1);
      engine.trim();
      // From the first allocation on, each in turn; the pool may retry, so enough of them fail.
      for (int after = 0; after < 3; after++) {
        Emulator.inject(Emulator.ALLOCATION, after, Emulator.OUT_OF_MEMORY);
        try {
          convolve(engine, 1);
        } catch (DeviceOutOfMemoryException expected) {
          assertTrue(expected.requested() > 0);
        }
        Emulator.inject(Emulator.ALLOCATION, -1, 0);
        assertArrayEquals(convolve(engine, 1), convolve(engine, 1));
      }
    }
  }

  @Test
  void aLaunchThatFailsIsNamedAndTheEngineGoesOn() {
    try (Engine engine = Engine.open("cuda:0")) {
      float[] before = convolve(engine, 1);
      Emulator.inject(Emulator.LAUNCH, 0, Emulator.LAUNCH_FAILED);
      DeviceFailureException thrown =
          assertThrows(DeviceFailureException.class, () -> convolve(engine, 1));
      String message = String.valueOf(thrown.getMessage());
      assertTrue(message.contains("launching"), message);
      assertTrue(message.contains("CUDA_ERROR_LAUNCH_FAILED"), message);
      assertArrayEquals(before, convolve(engine, 1));
    }
  }

  @Test
  void aCopyThatFailsIsNamed() {
    try (Engine engine = Engine.open("cuda:0")) {
      convolve(engine, 1);
      Emulator.inject(Emulator.COPY, 0, Emulator.LAUNCH_FAILED);
      assertThrows(DeviceFailureException.class, () -> convolve(engine, 1));
      convolve(engine, 1);
    }
  }

  @Test
  void eightThreadsGetTheBitsOfOne() throws Exception {
    try (Engine engine = Engine.open("cuda:0")) {
      List<float[]> alone = new ArrayList<>();
      for (int seed = 0; seed < 8; seed++) {
        alone.add(convolve(engine, seed));
      }
      for (boolean virtual : new boolean[] {false, true}) {
        try (ExecutorService threads =
            virtual
                ? Executors.newVirtualThreadPerTaskExecutor()
                : Executors.newFixedThreadPool(8)) {
          List<Future<float[]>> results = new ArrayList<>();
          for (int turn = 0; turn < 32; turn++) {
            int seed = turn % 8;
            Callable<float[]> task = () -> convolve(engine, seed);
            results.add(threads.submit(task));
          }
          for (int turn = 0; turn < 32; turn++) {
            assertArrayEquals(alone.get(turn % 8), results.get(turn).get());
          }
        }
      }
    }
    assertEquals("", Emulator.findings());
  }

  @Test
  void absenceIsOneLine() {
    DriverProbe probe = DriverProbe.run("libcuda-that-is-not-here.so.1");
    assertTrue(probe.reason().contains("no NVIDIA driver"), probe.reason());
    assertFalse(probe.reason().contains("\n"));
  }

  @Test
  void aDriverTooOldForTheKernelsIsNamedWithTheVersionNeeded() {
    String reason = KernelLibrary.packed().reasonForAbsence(12040);
    assertTrue(reason.contains("supports CUDA 12.4"), reason);
    assertTrue(reason.contains("13.0 or newer is needed"), reason);
    assertEquals("", KernelLibrary.packed().reasonForAbsence(13010));
  }

  private static float[] convolve(Engine engine, int seed) {
    float[] x = new float[2 * 6 * 7 * 7];
    float[] w = new float[10 * 6 * 3 * 3];
    java.util.Random random = new java.util.Random(seed);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() - 0.5f;
    }
    for (int i = 0; i < w.length; i++) {
      w[i] = random.nextFloat() - 0.5f;
    }
    try (Tensor input = engine.tensor(Shape.of(2, 6, 7, 7), x);
        Tensor filter = engine.tensor(Shape.of(10, 6, 3, 3), w);
        Tensor y = engine.conv2d(input, filter, null, 1, 1, 1, 1)) {
      return y.toFloatArray();
    }
  }
}
