package dev.conv4j.onnx.proto;

import java.util.Arrays;

/** A growing array of 64-bit numbers. Not thread-safe. */
public final class LongList {

  private long[] values = {};
  private int size;

  /** Appends a number. */
  public void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.max(8, size + (size >> 1)));
    }
    values[size++] = value;
  }

  /** Returns how many there are. */
  public int size() {
    return size;
  }

  /** Returns one of them. */
  public long get(int index) {
    return values[index];
  }

  /** Returns a copy. */
  public long[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
