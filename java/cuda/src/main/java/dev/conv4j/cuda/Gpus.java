package dev.conv4j.cuda;

import dev.conv4j.spi.BackendProvider.Availability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.JCudaDriver;

/** Looks for devices once; the answer stays for the life of the process. */
final class Gpus {

  private record Found(List<Gpu> gpus, Availability availability) {}

  private static final class Holder {
    static final Found FOUND = find();
  }

  private Gpus() {}

  static Availability availability() {
    return Holder.FOUND.availability;
  }

  static List<Gpu> all() {
    return Holder.FOUND.gpus;
  }

  private static Found find() {
    DriverProbe driver = DriverProbe.run();
    if (!driver.reason().isEmpty()) {
      return absent(driver.reason());
    }
    KernelLibrary kernels = KernelLibrary.packed();
    String reason = kernels.reasonForAbsence(driver.version());
    if (!reason.isEmpty()) {
      return absent(reason);
    }
    try {
      JCudaLibrary.load();
      return describe(driver.version());
    } catch (LinkageError | IOException | ClassNotFoundException | RuntimeException broken) {
      return absent("JCuda does not load: " + firstLine(broken));
    }
  }

  private static Found describe(int driverVersion) {
    int[] count = new int[1];
    Cu.check(JCudaDriver.cuInit(0), "cuda", "cuInit");
    Cu.check(JCudaDriver.cuDeviceGetCount(count), "cuda", "cuDeviceGetCount");
    List<Gpu> gpus = new ArrayList<>();
    String tooOld = "";
    for (int i = 0; i < count[0]; i++) {
      Gpu gpu = Gpu.describe(i, driverVersion);
      if (gpu.capability() < KernelLibrary.OLDEST_CAPABILITY) {
        tooOld =
            gpu.info().name()
                + " has compute capability "
                + gpu.capability() / 10.0
                + "; the kernels need 7.5 (Turing) or newer";
      } else {
        gpus.add(gpu);
      }
    }
    if (gpus.isEmpty()) {
      return absent(tooOld);
    }
    List<Gpu> usable = List.copyOf(gpus);
    return new Found(
        usable, new Availability.Present(usable.stream().map(Gpu::info).toList(), tooOld));
  }

  private static Found absent(String reason) {
    return new Found(List.of(), new Availability.Absent(reason));
  }

  private static String firstLine(Throwable thrown) {
    String message = String.valueOf(thrown.getMessage());
    return thrown.getClass().getSimpleName() + ": " + message.lines().findFirst().orElse("");
  }
}
