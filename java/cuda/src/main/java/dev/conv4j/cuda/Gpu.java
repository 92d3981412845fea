package dev.conv4j.cuda;

import dev.conv4j.spi.DeviceInfo;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * A GPU as the driver describes it.
 *
 * @param handle the driver's handle
 * @param info what users see
 * @param capability compute capability, 10·major + minor
 * @param clockKilohertz the multiprocessors' clock
 * @param bandwidth bytes per second the memory's clock and width promise, 0 when the driver does
 *     not say
 * @param sharedBytes the most shared memory one block may ask for
 */
record Gpu(
    CUdevice handle,
    DeviceInfo info,
    int capability,
    int clockKilohertz,
    double bandwidth,
    int sharedBytes) {

  /** Asks the driver about a device. */
  static Gpu describe(int index, int driverVersion) {
    String id = "cuda:" + index;
    CUdevice device = new CUdevice();
    Cu.check(JCudaDriver.cuDeviceGet(device, index), id, "cuDeviceGet");
    byte[] name = new byte[256];
    Cu.check(JCudaDriver.cuDeviceGetName(name, name.length, device), id, "cuDeviceGetName");
    long[] memory = new long[1];
    Cu.check(JCudaDriver.cuDeviceTotalMem(memory, device), id, "cuDeviceTotalMem");
    int major = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    int minor = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    int units = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    int clock = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
    int memoryClock = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
    int width = attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
    int shared =
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("compute capability", major + "." + minor);
    properties.put("multiprocessors", Integer.toString(units));
    properties.put("clock", clock / 1000 + " MHz");
    properties.put("shared memory per block", shared + " bytes");
    DeviceInfo info =
        new DeviceInfo(
            "cuda",
            index,
            text(name),
            "CUDA " + version(driverVersion),
            memory[0],
            units,
            properties);
    // Twice the clock: every kind of memory these GPUs have transfers on both edges.
    double bandwidth = 2.0 * memoryClock * 1000 * width / 8;
    return new Gpu(device, info, 10 * major + minor, clock, bandwidth, Math.max(shared, 48 << 10));
  }

  /** Returns bytes per second that large copies reach, or a guess where the driver is silent. */
  double reachedBandwidth() {
    return bandwidth > 0 ? 0.8 * bandwidth : 5e11;
  }

  /** Returns the multiprocessors' clock in hertz, or a guess where the driver is silent. */
  double clock() {
    return clockKilohertz > 0 ? 1e3 * clockKilohertz : 1.5e9;
  }

  /** Returns what is expected of its generation. */
  Generation generation() {
    return Generation.of(capability);
  }

  /** Returns a version number of the driver as people write it. */
  static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }

  /** Newer drivers no longer tell every clock: then 0. */
  private static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    return JCudaDriver.cuDeviceGetAttribute(value, which, device) == 0 ? value[0] : 0;
  }

  private static String text(byte[] terminated) {
    int end = 0;
    while (end < terminated.length && terminated[end] != 0) {
      end++;
    }
    return new String(terminated, 0, end, StandardCharsets.UTF_8);
  }
}
