package dev.conv4j.opencl;

import dev.conv4j.spi.DeviceInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * A device and what the backend needs to know of it.
 *
 * @param platform its platform
 * @param id its handle
 * @param info what the user sees
 * @param cpu whether kernels should be shaped for a CPU
 * @param extensions what it offers beyond OpenCL 1.2
 * @param maxAllocation the largest single allocation in bytes
 * @param maxWorkGroup work-items in a work-group
 * @param localBytes local memory of a work-group
 * @param baseAlignment alignment of buffers and sub-buffers in bytes
 */
record DeviceDescription(
    cl_platform_id platform,
    cl_device_id id,
    DeviceInfo info,
    boolean cpu,
    Set<String> extensions,
    long maxAllocation,
    long maxWorkGroup,
    long localBytes,
    long baseAlignment) {

  DeviceDescription {
    extensions = Set.copyOf(extensions);
  }

  /** Returns whether the device computes in f64. */
  boolean hasDoubles() {
    return extensions.contains("cl_khr_fp64");
  }

  /** Returns whether the device computes in f16. */
  boolean hasHalf() {
    return extensions.contains("cl_khr_fp16");
  }

  /** Returns whether the device multiplies bytes by fours. */
  boolean hasDotProduct() {
    return extensions.contains("cl_khr_integer_dot_product");
  }

  /** Returns whether lanes of a sub-group can read each other's registers. */
  boolean hasShuffles() {
    return hasIntelSubGroups() || extensions.contains("cl_khr_subgroup_shuffle");
  }

  /** Returns whether they can in a language as old as OpenCL C 1.2. */
  boolean hasIntelSubGroups() {
    return extensions.contains("cl_intel_subgroups");
  }

  /** Returns whether the compiler tells registers when asked. */
  boolean hasAssemblerLog() {
    return extensions.contains("cl_nv_compiler_options");
  }

  /** Returns all devices of all platforms that are available and have a compiler. */
  static List<DeviceDescription> all() {
    int[] count = new int[1];
    Cl.check(CL.clGetPlatformIDs(0, null, count), "opencl", "counting platforms");
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    Cl.check(CL.clGetPlatformIDs(count[0], platforms, null), "opencl", "listing platforms");
    record Place(cl_platform_id platform, cl_device_id id, int rank) {}
    List<Place> places = new ArrayList<>();
    for (cl_platform_id platform : platforms) {
      int rc = CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, 0, null, count);
      if (rc != CL.CL_SUCCESS || count[0] == 0) {
        continue;
      }
      cl_device_id[] ids = new cl_device_id[count[0]];
      Cl.check(
          CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, ids.length, ids, null),
          "opencl",
          "listing devices");
      for (cl_device_id id : ids) {
        if (number(id, CL.CL_DEVICE_AVAILABLE, 4) != 0
            && number(id, CL.CL_DEVICE_COMPILER_AVAILABLE, 4) != 0) {
          places.add(new Place(platform, id, rank(id)));
        }
      }
    }
    // The first device is the one taken when none is named.
    places.sort(Comparator.comparingInt(Place::rank));
    List<DeviceDescription> all = new ArrayList<>();
    for (Place place : places) {
      all.add(describe(place.platform, place.id, all.size()));
    }
    return all;
  }

  /** GPUs first, CPUs last. */
  private static int rank(cl_device_id id) {
    long type = number(id, CL.CL_DEVICE_TYPE, 8);
    return (type & CL.CL_DEVICE_TYPE_GPU) != 0 ? 0 : (type & CL.CL_DEVICE_TYPE_CPU) != 0 ? 2 : 1;
  }

  private static DeviceDescription describe(cl_platform_id platform, cl_device_id id, int index) {
    long type = number(id, CL.CL_DEVICE_TYPE, 8);
    boolean cpu = (type & CL.CL_DEVICE_TYPE_CPU) != 0;
    long maxAllocation = number(id, CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8);
    long maxWorkGroup = number(id, CL.CL_DEVICE_MAX_WORK_GROUP_SIZE, 8);
    long localBytes = number(id, CL.CL_DEVICE_LOCAL_MEM_SIZE, 8);
    Set<String> extensions =
        Set.copyOf(Arrays.asList(text(id, CL.CL_DEVICE_EXTENSIONS).strip().split("\\s+", -1)));
    Map<String, String> shown = new LinkedHashMap<>();
    shown.put("type", cpu ? "cpu" : (type & CL.CL_DEVICE_TYPE_GPU) != 0 ? "gpu" : "accelerator");
    shown.put("platform", platformText(platform, CL.CL_PLATFORM_NAME));
    shown.put("version", text(id, CL.CL_DEVICE_VERSION));
    shown.put("clock", number(id, CL.CL_DEVICE_MAX_CLOCK_FREQUENCY, 4) + " MHz");
    shown.put("largest allocation", maxAllocation + " bytes");
    shown.put("local memory", localBytes + " bytes");
    shown.put("work-group", "up to " + maxWorkGroup);
    shown.put(
        "int8 dot products", extensions.contains("cl_khr_integer_dot_product") ? "yes" : "no");
    boolean shuffles =
        extensions.contains("cl_khr_subgroup_shuffle") || extensions.contains("cl_intel_subgroups");
    shown.put("subgroup shuffles", shuffles ? "yes" : "no");
    shown.put("fp16", extensions.contains("cl_khr_fp16") ? "yes" : "storage only");
    shown.put("fp64", extensions.contains("cl_khr_fp64") ? "yes" : "no");
    String driver =
        platformText(platform, CL.CL_PLATFORM_NAME) + " " + text(id, CL.CL_DRIVER_VERSION);
    DeviceInfo info =
        new DeviceInfo(
            "opencl",
            index,
            text(id, CL.CL_DEVICE_NAME),
            driver,
            number(id, CL.CL_DEVICE_GLOBAL_MEM_SIZE, 8),
            (int) number(id, CL.CL_DEVICE_MAX_COMPUTE_UNITS, 4),
            shown);
    return new DeviceDescription(
        platform,
        id,
        info,
        cpu,
        extensions,
        maxAllocation,
        maxWorkGroup,
        localBytes,
        Math.max(1, number(id, CL.CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4) / 8));
  }

  private static long number(cl_device_id id, int what, int bytes) {
    if (bytes == 4) {
      int[] value = new int[1];
      Cl.check(
          CL.clGetDeviceInfo(id, what, 4, Pointer.to(value), null), "opencl", "asking a device");
      return Integer.toUnsignedLong(value[0]);
    }
    long[] value = new long[1];
    Cl.check(CL.clGetDeviceInfo(id, what, 8, Pointer.to(value), null), "opencl", "asking a device");
    return value[0];
  }

  private static String text(cl_device_id id, int what) {
    long[] size = new long[1];
    Cl.check(CL.clGetDeviceInfo(id, what, 0, null, size), "opencl", "asking a device");
    byte[] bytes = new byte[(int) size[0]];
    Cl.check(
        CL.clGetDeviceInfo(id, what, bytes.length, Pointer.to(bytes), null),
        "opencl",
        "asking a device");
    return string(bytes);
  }

  private static String platformText(cl_platform_id id, int what) {
    long[] size = new long[1];
    Cl.check(CL.clGetPlatformInfo(id, what, 0, null, size), "opencl", "asking a platform");
    byte[] bytes = new byte[(int) size[0]];
    Cl.check(
        CL.clGetPlatformInfo(id, what, bytes.length, Pointer.to(bytes), null),
        "opencl",
        "asking a platform");
    return string(bytes);
  }

  private static String string(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return (end < 0 ? text : text.substring(0, end)).strip();
  }
}
