package dev.conv4j.bench.gpu;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** cuDNN's side of a comparison: its fastest algorithm on rotating operands of its own. */
final class Theirs implements Side {

  private final Driver driver;
  private final CudnnConvolution convolution;
  private final List<long[]> sets;
  private final Shape resultShape;
  private final DType type;
  private final Layout layout;

  private Theirs(Driver driver, CudnnConvolution convolution, List<long[]> sets, Item item) {
    this.driver = driver;
    this.convolution = convolution;
    this.sets = sets;
    this.resultShape = Ours.shapes(item)[2];
    this.type = item.mode().type();
    this.layout = item.mode().layout();
  }

  /**
   * Uploads operands and lets cuDNN choose.
   *
   * @param first in logical order, as for {@link Ours}
   * @param second in logical order
   * @return empty when cuDNN does not take the problem
   */
  static Optional<Theirs> prepare(
      Cudnn cudnn, Item item, MemorySegment first, MemorySegment second, int count) {
    Shape[] shapes = Ours.shapes(item);
    if (shapes[0].rank() != 4) {
      return Optional.empty();
    }
    Driver driver = cudnn.driver();
    driver.enter();
    List<long[]> sets = new ArrayList<>();
    boolean done = false;
    try (Arena arena = Arena.ofShared()) {
      Mode mode = item.mode();
      MemorySegment a = HostData.physical(first, shapes[0], mode.type(), mode.layout(), arena);
      MemorySegment b = HostData.physical(second, shapes[1], mode.type(), mode.layout(), arena);
      for (int i = 0; i < count; i++) {
        long[] set = new long[3];
        sets.add(set);
        for (int operand = 0; operand < 3; operand++) {
          set[operand] = driver.allocate(shapes[operand].bytes(mode.type()));
        }
        driver.upload(set[0], a);
        driver.upload(set[1], b);
        driver.fill(set[2], (byte) 0xff, shapes[2].bytes(mode.type()));
      }
      Optional<CudnnConvolution> made =
          CudnnConvolution.prepare(cudnn, item.problem(), item.direction(), mode, sets.getFirst());
      done = made.isPresent();
      return made.map(convolution -> new Theirs(driver, convolution, sets, item));
    } finally {
      if (!done) {
        release(driver, sets);
      }
    }
  }

  private static void release(Driver driver, List<long[]> sets) {
    for (long[] set : sets) {
      for (long address : set) {
        driver.free(address);
      }
    }
  }

  @Override
  public void enqueue(int turn) {
    convolution.run(sets.get(turn % sets.size()));
  }

  @Override
  public void finish() {
    driver.synchronize();
  }

  /** Copies the result of a set out, in logical order. */
  void read(int set, MemorySegment logical) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = arena.allocate(resultShape.bytes(type), 64);
      driver.enter();
      driver.download(sets.get(set)[2], host);
      for (long i = 0; i < resultShape.elements(); i++) {
        long at = HostData.physicalIndex(i, resultShape, layout);
        MemorySegment.copy(host, at * type.bytes(), logical, i * type.bytes(), (long) type.bytes());
      }
    }
  }

  /** Returns the error factor of {@link SampleOracle} for the algorithm that was chosen. */
  double errorFactor() {
    return convolution.transforms() ? SampleOracle.TRANSFORM_FACTOR : 1;
  }

  @Override
  public String complaint(SampleOracle oracle) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment host = arena.allocate(resultShape.bytes(type), 64);
      driver.download(sets.getFirst()[2], host);
      return oracle.complaint(
          at -> type.load(host, HostData.physicalIndex(at, resultShape, layout)),
          1,
          convolution.transforms());
    }
  }

  @Override
  public String algorithm() {
    return String.valueOf(convolution.algorithm());
  }

  @Override
  public long workspaceBytes() {
    return convolution.workspaceBytes();
  }

  @Override
  public void close() {
    convolution.close();
    release(driver, sets);
  }
}
