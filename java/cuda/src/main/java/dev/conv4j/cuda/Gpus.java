package dev.conv4j.cuda;

import dev.conv4j.spi.BackendProvider.Availability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.driver.JCudaDriver;

/** Looks for devices once; the answer stays for the life of the process. */
final class Gpus {

  private record Found(List<Gpu> gpus, KernelLibrary kernels, Availability availability) {}

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

  /** Returns the kernels that the driver takes. */
  static KernelLibrary kernels() {
    return Holder.FOUND.kernels;
  }

  private static Found find() {
    DriverProbe driver = DriverProbe.run();
    if (!driver.reason().isEmpty()) {
      return absent(driver.reason());
    }
    String reason = KernelLibrary.packed().reasonForAbsence(driver.version());
    int major = driver.version() / 1000;
    Optional<Nvrtc> compiler =
        reason.isEmpty()
            ? Optional.empty()
            : Nvrtc.find(System.getenv().getOrDefault(Nvrtc.VARIABLE, ""), major);
    if (!reason.isEmpty() && compiler.isEmpty()) {
      return absent(
          reason
              + "; NVRTC of CUDA "
              + major
              + " or older would do as well, and "
              + Nvrtc.VARIABLE
              + " may name its folder");
    }
    try {
      JCudaLibrary.load();
      return describe(driver.version(), compiler);
    } catch (LinkageError | IOException | ClassNotFoundException | RuntimeException broken) {
      return absent("JCuda does not load: " + firstLine(broken));
    }
  }

  private static Found describe(int driverVersion, Optional<Nvrtc> compiler) {
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
    // Machine code for the first; one that it does not run on says so when a kernel is loaded.
    KernelLibrary kernels =
        compiler
            .<KernelLibrary>map(nvrtc -> new NvrtcLibrary(nvrtc, usable.getFirst().capability()))
            .orElseGet(KernelLibrary::packed);
    return new Found(
        usable, kernels, new Availability.Present(usable.stream().map(Gpu::info).toList(), tooOld));
  }

  private static Found absent(String reason) {
    return new Found(List.of(), KernelLibrary.packed(), new Availability.Absent(reason));
  }

  private static String firstLine(Throwable thrown) {
    String message = String.valueOf(thrown.getMessage());
    return thrown.getClass().getSimpleName() + ": " + message.lines().findFirst().orElse("");
  }
}
