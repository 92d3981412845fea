package dev.conv4j.cpu;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.code.MachineCode;
import dev.conv4j.cpu.machine.Processor;
import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.memory.SystemPages;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.cpu.vector.ManyShapes;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.DeviceSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The backend every machine has. It uses the Vector API where the program was started with {@code
 * --add-modules jdk.incubator.vector}, and loops the JVM vectorises by itself where not.
 */
public final class CpuBackend implements BackendProvider {

  private static final System.Logger LOG = System.getLogger("dev.conv4j.cpu");
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** For ServiceLoader. */
  public CpuBackend() {}

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Availability probe() {
    SystemPages.linkSoon();
    try {
      VectorSupport.requestedBits();
    } catch (InvalidArgumentException malformed) {
      return new Availability.Absent(String.valueOf(malformed.getMessage()));
    }
    return new Availability.Present(List.of(info()), VectorSupport.warning());
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    VectorSupport.requestedBits();
    if (VectorSupport.isUsable()) {
      ManyShapes.meetSoon();
    } else if (WARNED.compareAndSet(false, true)) {
      LOG.log(System.Logger.Level.WARNING, VectorSupport.warning());
    }
    int threads = settings.threads() > 0 ? settings.threads() : Processor.local().cores();
    Workers workers = new Workers(threads, settings.executor());
    return new CpuDevice(info(), new CpuContext(workers, Processor.local(), vectorBits()));
  }

  private static int vectorBits() {
    return VectorSupport.isUsable() ? Lanes.BITS : 0;
  }

  private static DeviceInfo info() {
    Processor processor = Processor.local();
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("vectors", VectorSupport.isUsable() ? Lanes.describe() : "plain loops");
    String obstacle = MachineCode.obstacle();
    properties.put("machine code", obstacle.isEmpty() ? "yes" : "no: " + obstacle);
    properties.put("logical cpus", Integer.toString(processor.logicalCpus()));
    properties.put("l1 data cache", (processor.l1Bytes() >> 10) + " KiB");
    properties.put("l2 cache", (processor.l2Bytes() >> 10) + " KiB");
    return new DeviceInfo(
        "cpu",
        0,
        processor.name(),
        Processor.runtime(),
        processor.memoryBytes(),
        processor.cores(),
        properties);
  }
}
