package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/**
 * A transform of lines: a line is a few vectors, which become as many or fewer others, lane by
 * lane. All positions and distances in bytes; native memory only.
 */
public interface LineKernel {

  /**
   * Transforms lines.
   *
   * @param source the lines
   * @param at the first vector of the first line
   * @param step from a vector of a line to the next
   * @param next from a line to the next
   * @param target where they go
   * @param to the first vector's place
   * @param toStep from a vector of a line to the next there
   * @param toNext from a line to the next there
   * @param count lines
   */
  void run(
      MemorySegment source,
      long at,
      long step,
      long next,
      MemorySegment target,
      long to,
      long toStep,
      long toNext,
      int count);
}
