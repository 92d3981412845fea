package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.SequenceLayout;
import java.lang.invoke.VarHandle;

/**
 * Six neighbouring elements of native memory. Each handle checks that all six lie inside, which is
 * the same check for all of them, so that the compiler leaves few of six.
 */
final class SixFloats {

  private static final SequenceLayout LAYOUT = MemoryLayout.sequenceLayout(6, JAVA_FLOAT_UNALIGNED);

  /** Bytes of all six. */
  static final long BYTES = LAYOUT.byteSize();

  static final VarHandle FIRST = element(0);
  static final VarHandle SECOND = element(1);
  static final VarHandle THIRD = element(2);
  static final VarHandle FOURTH = element(3);
  static final VarHandle FIFTH = element(4);
  static final VarHandle SIXTH = element(5);

  private SixFloats() {}

  private static VarHandle element(int index) {
    return LAYOUT.varHandle(PathElement.sequenceElement(index));
  }
}
