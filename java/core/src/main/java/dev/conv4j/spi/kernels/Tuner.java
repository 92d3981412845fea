package dev.conv4j.spi.kernels;

import dev.conv4j.Conv4jException;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.internal.Backends;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The measured search for tile sizes. Never runs unless asked to; every candidate is certified
 * before it is timed, and what the clock says is kept with what it was said under.
 */
public final class Tuner {

  private static final int RUNS = 5;
  private static final byte RANDOM_LIKE = 0x3d;

  private final Device device;
  private final Consumer<String> progress;

  /**
   * @param device an open device with no other work going on
   * @param progress takes a line for each finding
   */
  public Tuner(Device device, Consumer<String> progress) {
    this.device = device;
    this.progress = progress;
  }

  /**
   * Opens a device and tunes it for problems, sharing the time out evenly. A deterministic plan for
   * a batch takes the algorithm of a batch of one, so that one is measured, too.
   *
   * @param spelling the device, as for an engine
   * @param problems what to tune for
   * @param seconds how long in all; at least the defaults of each algorithm are measured
   * @param progress takes a line for each finding
   * @return how many candidates were measured; 0 where nothing has tile sizes
   */
  public static int tune(
      String spelling, List<ConvProblem> problems, double seconds, Consumer<String> progress) {
    Backends.Found found = Backends.find(spelling);
    long end = System.nanoTime() + (long) (1e9 * seconds);
    int measured = 0;
    try (Device device = found.provider().open(found.index(), DeviceSettings.DEFAULT)) {
      try {
        Tuner tuner = new Tuner(device, progress);
        Set<ConvProblem> all = withRows(problems);
        int left = all.size();
        for (ConvProblem problem : all) {
          double share = 1e-9 * (end - System.nanoTime()) / left--;
          measured += tuner.tune(problem, Math.max(0, share));
        }
      } finally {
        device.synchronize();
        device.memory().close();
      }
    }
    return measured;
  }

  static Set<ConvProblem> withRows(List<ConvProblem> problems) {
    Set<ConvProblem> all = new LinkedHashSet<>(problems);
    for (ConvProblem problem : problems) {
      if (problem.options().deterministic()) {
        all.add(new ConvProblem(problem.convolution().withBatch(1), problem.options()));
      }
    }
    return all;
  }

  /**
   * Tunes every algorithm that takes a problem, until the time is up.
   *
   * @param problem the problem
   * @param seconds how long; at least the defaults of each algorithm are measured
   * @return how many candidates were measured
   */
  public int tune(ConvProblem problem, double seconds) {
    long end = System.nanoTime() + (long) (1e9 * seconds);
    List<Allocation> owned = new ArrayList<>();
    int measured = 0;
    try {
      ConvOperands operands = operands(problem, owned);
      for (Algorithm<ConvProblem, ConvOperands> algorithm :
          device.algorithms(ProblemFamily.CONVOLUTION)) {
        boolean fits =
            algorithm.check(problem) instanceof Verdict.Yes yes
                && yes.workspaceBytes() <= problem.options().workspaceCap();
        if (fits && !algorithm.isReference() && algorithm instanceof Tunable tunable) {
          measured += tune(problem, algorithm.id(), tunable, operands, end);
        }
      }
    } finally {
      owned.forEach(device.memory()::deallocate);
    }
    return measured;
  }

  private int tune(
      ConvProblem problem, String id, Tunable tunable, ConvOperands operands, long end) {
    TuningStore.@Nullable Entry best = null;
    int measured = 0;
    for (Tuning tuning : tunable.space(problem).candidates()) {
      if (measured > 0 && System.nanoTime() > end) {
        break;
      }
      double time = measure(problem, tunable, tuning, operands);
      measured++;
      if (time < (best == null ? Double.POSITIVE_INFINITY : best.seconds())) {
        best = new TuningStore.Entry(tuning, time, problem.options().workspaceCap());
      }
    }
    if (best != null) {
      tunable.keep(problem, best);
      progress.accept(
          String.format(
              java.util.Locale.ROOT,
              "%s %s: %.3f ms (%.1f GFLOP/s) with %s, best of %d",
              problem.convolution(),
              id,
              1e3 * best.seconds(),
              1e-9 * problem.convolution().flops() / best.seconds(),
              best.tuning().values().isEmpty() ? "its only tile" : best.tuning(),
              measured));
    }
    return measured;
  }

  /** Returns the median seconds of a run with a packed filter, or infinity when it cannot run. */
  private double measure(
      ConvProblem problem, Tunable tunable, Tuning tuning, ConvOperands operands) {
    List<Allocation> owned = new ArrayList<>();
    try {
      Executable<ConvOperands> executable = tunable.compile(problem, tuning);
      boolean packs = executable.packedFilterBytes() > 0;
      Block filter = operands.second();
      if (packs) {
        filter = allocate(executable.packedFilterBytes(), owned);
        executable.packFilter(operands.second(), filter);
      }
      long scratch = executable.workspaceBytes(packs);
      ConvOperands own =
          new ConvOperands(
              operands.first(),
              filter,
              packs,
              operands.bias(),
              operands.residual(),
              operands.result(),
              scratch == 0 ? null : allocate(scratch, owned));
      executable.run(own);
      device.synchronize();
      double[] times = new double[RUNS];
      for (int i = 0; i < RUNS; i++) {
        long start = System.nanoTime();
        executable.run(own);
        device.synchronize();
        times[i] = 1e-9 * (System.nanoTime() - start);
      }
      Arrays.sort(times);
      return times[RUNS / 2];
    } catch (KernelRejectedException | Conv4jException impossible) {
      return Double.POSITIVE_INFINITY;
    } finally {
      owned.forEach(device.memory()::deallocate);
    }
  }

  private Block allocate(long bytes, List<Allocation> owned) {
    Allocation allocation = device.memory().allocate(bytes, "tuning");
    owned.add(allocation);
    return allocation.block();
  }

  private ConvOperands operands(ConvProblem problem, List<Allocation> owned) {
    ConvOptions options = problem.options();
    boolean data = options.direction() == Direction.BACKWARD_DATA;
    boolean weights = options.direction() == Direction.BACKWARD_FILTER;
    DType first = data ? options.outputType() : options.inputType();
    DType second = weights ? options.outputType() : options.filterType();
    long resultBytes = problem.resultShape().bytes(options.resultType());
    long biasBytes = Math.max(1, problem.biasLength()) * options.biasType().bytes();
    return new ConvOperands(
        filled(problem.firstShape().bytes(first), first, owned),
        filled(problem.secondShape().bytes(second), second, owned),
        false,
        options.epilogue().bias() ? filled(biasBytes, options.biasType(), owned) : null,
        options.epilogue().residual() ? filled(resultBytes, options.resultType(), owned) : null,
        allocate(resultBytes, owned),
        null);
  }

  /** Random elements: zeros draw less power and run faster than a user's data. */
  private Block filled(long bytes, DType type, List<Allocation> owned) {
    Block block = allocate(bytes, owned);
    SplittableRandom random = new SplittableRandom(RANDOM_LIKE);
    long piece = Math.min(bytes, 1 << 20) / type.bytes() * type.bytes();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = arena.allocate(Math.max(piece, 1), 64);
      for (long i = 0; i < piece / type.bytes(); i++) {
        type.store(host, i, random.nextDouble(-1, 1));
      }
      long alignment = device.memory().alignment();
      long step = Math.max(alignment, piece / alignment * alignment);
      for (long at = 0; at < bytes; at += step) {
        long count = Math.min(piece, bytes - at);
        device.memory().upload(host.asSlice(0, count), block.slice(at, count));
      }
    }
    return block;
  }
}
