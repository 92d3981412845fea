package dev.conv4j.cpu.epilogue;

import dev.conv4j.Activation;
import dev.conv4j.cpu.machine.VectorSupport;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an epilogue on one row of f32. Positions in bytes. Rows may coincide, but not
 * overlap otherwise. Every implementation gives the same bits for an element wherever it stands in
 * the row.
 */
interface RowKernels {

  /** Returns the implementation for this JVM. */
  static RowKernels best() {
    return VectorSupport.isUsable() ? new VectorRows() : new PlainRows();
  }

  /** {@code out = min(max(sums + bias, low), high)}. */
  void add(
      MemorySegment sums,
      long sumsAt,
      float bias,
      MemorySegment out,
      long outAt,
      int count,
      float low,
      float high);

  /**
   * {@code out = min(max(sums + bias, low), high)} for rows that follow one another in {@code out}
   * without a gap, and behind whose sums a vector can be read.
   */
  void addDense(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      float bias,
      MemorySegment out,
      long outAt,
      int rows,
      int count,
      float low,
      float high);

  /** {@code out = min(max((sums + bias) + residual, low), high)}. */
  void add(
      MemorySegment sums,
      long sumsAt,
      float bias,
      MemorySegment residual,
      long residualAt,
      MemorySegment out,
      long outAt,
      int count,
      float low,
      float high);

  /** {@code out = sums + bias}, one bias for each column. */
  void addColumns(
      MemorySegment sums,
      long sumsAt,
      MemorySegment bias,
      long biasAt,
      MemorySegment out,
      long outAt,
      int count);

  /** {@code out = (sums + bias) + residual}, one bias for each column. */
  void addColumns(
      MemorySegment sums,
      long sumsAt,
      MemorySegment bias,
      long biasAt,
      MemorySegment residual,
      long residualAt,
      MemorySegment out,
      long outAt,
      int count);

  /**
   * {@code out = min(max(sums + bias + residual, low), high)} for rows of columns, one bias for
   * each column, as far as whole vectors of columns reach: nowhere without vectors.
   *
   * @param own whether all memory is the library's own, which nobody frees meanwhile
   * @param bias one for each column, or null for none
   * @param residual what is added, where the result goes, or null for nothing
   * @return how many columns are done
   */
  default int finishColumns(
      boolean own,
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      @Nullable MemorySegment bias,
      long biasAt,
      @Nullable MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      int columns,
      float low,
      float high) {
    return 0;
  }

  /** Returns the columns that are finished by few instructions a row, or 0 where none are. */
  default int strip() {
    return 0;
  }

  /** {@code row = activation(row)}. */
  void activate(Activation activation, MemorySegment row, long rowAt, int count);
}
