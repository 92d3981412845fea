package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceAbsentException;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What stays on a device that is not the host, and what is seen of what does not. Run by java/cli,
 * which has one.
 */
class DeviceResidencyTest {

  private static final SessionOptions ALLOW =
      SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);

  private static Engine device;
  private static Engine cpu;

  @BeforeAll
  static void open() {
    cpu = Engine.open("cpu");
    try {
      device = Engine.open("opencl");
    } catch (DeviceAbsentException absent) {
      List<String> required =
          Arrays.asList(System.getProperty("conv4j.test.require", "").split(",", -1));
      if (required.contains("opencl")) {
        throw absent;
      }
      Assumptions.abort(absent.getMessage());
    }
  }

  @AfterAll
  static void close() {
    cpu.close();
    if (device != null) {
      device.close();
    }
  }

  @Test
  void networkStaysOnTheDeviceAndAgreesWithTheHost() {
    OnnxModel model = SmallNetwork.model();
    OnnxTensor pictures = OnnxTensor.of(new long[] {1, 3, 21, 19}, SmallNetwork.picture(1));
    try (OnnxSession there = model.session(device, SessionOptions.DEFAULT);
        OnnxSession here = model.session(cpu)) {
      long live = device.memory().live();
      float[] first = there.run(Map.of("x", pictures)).get(0).toFloatArray();
      long weights = device.memory().live();
      float[] second = there.run(Map.of("x", pictures)).get(0).toFloatArray();
      assertArrayEquals(first, second);
      assertArrayEquals(here.run(Map.of("x", pictures)).get(0).toFloatArray(), first, 1e-5f);
      String told = there.explain();
      assertTrue(told.contains("9 of 9 nodes ran on opencl:0"), told);
      assertTrue(told.contains("4788 bytes copied to the device for Conv"), told);
      assertTrue(!told.contains("copied to the host"), told);
      assertTrue(weights > live);
      assertEquals(weights, device.memory().live(), "values of a run are given back");
    }
  }

  @Test
  void operatorWithoutKernelRunsOnTheHostAndIsTold() {
    OnnxModel model = OnnxModel.of(SmallNetwork.body().node("Erf", "flat", "y").write());
    OnnxTensor pictures = OnnxTensor.of(new long[] {1, 3, 21, 19}, SmallNetwork.picture(2));
    try (OnnxSession there = model.session(device, ALLOW);
        OnnxSession here = model.session(cpu);
        OnnxSession strict = model.session(device, ALLOW.withFallback(FallbackPolicy.FAIL))) {
      assertArrayEquals(
          here.run(Map.of("x", pictures)).get(0).toFloatArray(),
          there.run(Map.of("x", pictures)).get(0).toFloatArray(),
          1e-5f);
      assertTrue(
          there.explain().contains("64 bytes copied to the host for Erf node"), there.explain());
      InvalidArgumentException refused =
          assertThrows(InvalidArgumentException.class, () -> strict.run(Map.of("x", pictures)));
      assertTrue(String.valueOf(refused.getMessage()).contains("has no kernel on opencl:0"));
    }
  }

  @Test
  void squeezeNetStaysOnTheDevice() {
    Path folder = SharedData.folder("light");
    OnnxModel model = OnnxModel.load(folder.resolve("light_squeezenet.onnx"));
    float[] pixels = new float[3 * 224 * 224];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i / (float) pixels.length;
    }
    OnnxTensor image = OnnxTensor.of(new long[] {1, 3, 224, 224}, pixels);
    try (OnnxSession there = model.session(device, ALLOW.withFallback(FallbackPolicy.FAIL))) {
      there.run(Map.of(model.inputs().getFirst().name(), image));
      assertTrue(there.explain().contains("39 of 39 nodes ran on"), there.explain());
    }
  }
}
