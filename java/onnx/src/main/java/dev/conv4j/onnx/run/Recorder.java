package dev.conv4j.onnx.run;

import dev.conv4j.Tensor;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Look;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a first run with new input shapes: every value gets a block of its own, given back
 * after its last use, and what was asked for is written down for the plan of the next run.
 */
final class Recorder implements RunMemory {

  /** A block and the values that lie in it. */
  private static final class Live {
    final HostBlock block;
    final int root;
    int values = 1;

    Live(HostBlock block, int root) {
      this.block = block;
      this.root = root;
    }
  }

  /** Host memory that can be given back. */
  interface HostBlock extends AutoCloseable {
    MemorySegment memory();

    /** Returns the engine's tensor whose memory it is, or null. */
    @Nullable Tensor tensor();

    @Override
    void close();
  }

  private final LongFunction<HostBlock> source;
  private final Map<Long, Live> byAddress = new HashMap<>();
  private final long[] addresses;

  /** What each value looks like. */
  private final @Nullable OnnxTensor[] looks;

  final long[] bytes;
  final int[] madeAt;

  /** The value whose block each value lies in, or NONE. */
  final int[] root;

  Recorder(int values, LongFunction<HostBlock> source) {
    this.source = source;
    this.addresses = new long[values];
    this.bytes = new long[values];
    this.looks = new @Nullable OnnxTensor[values];
    this.madeAt = new int[values];
    this.root = new int[values];
    Arrays.fill(root, Program.NONE);
  }

  @Override
  public MemorySegment allocate(int step, int value, long size) {
    HostBlock block = source.apply(Math.max(1, size));
    long address = block.memory().address();
    byAddress.put(address, new Live(block, value));
    addresses[value] = address;
    bytes[value] = size;
    madeAt[value] = step;
    root[value] = value;
    return block.memory();
  }

  @Override
  public @Nullable Tensor holder(MemorySegment value) {
    Live live = byAddress.get(value.address());
    return live == null ? null : live.block.tensor();
  }

  @Override
  public void alias(int value, OnnxTensor elements) {
    long address = elements.memory().address();
    Live live = byAddress.get(address);
    if (live != null) {
      live.values++;
      addresses[value] = address;
      root[value] = live.root;
    }
  }

  @Override
  public void release(int value) {
    Live live = addresses[value] == 0 ? null : byAddress.get(addresses[value]);
    if (live != null && --live.values == 0) {
      byAddress.remove(addresses[value]);
      live.block.close();
    }
  }

  @Override
  public void close() {
    byAddress.values().forEach(live -> live.block.close());
    byAddress.clear();
  }

  /** Notes what a value looks like. */
  void describe(int value, OnnxTensor tensor) {
    looks[value] = Look.described(tensor.type(), tensor.dims());
  }

  /** Returns what a value looks like, null for one left out. */
  @Nullable OnnxTensor look(int value) {
    return value == Program.NONE ? null : looks[value];
  }

  /** Returns whether two values have as many elements, of one size. */
  boolean sameElements(int a, int b) {
    OnnxTensor one = looks[a];
    OnnxTensor other = looks[b];
    return one != null
        && other != null
        && one.elements() == other.elements()
        && one.type().bytes() == other.type().bytes();
  }
}
