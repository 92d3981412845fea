package dev.conv4j.cpu.code;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.Optional;

/**
 * A loop in machine code: {@link TileCode} in {@link ExecutableMemory}. A call takes as long as one
 * of Java's own and checks nothing; callers check what they pass. The garbage collector waits for
 * its end, so it should be short.
 */
public final class MachineCode {

  /** Bytes that are prefetched with each product. */
  public static final int AHEAD_BYTES = TileCode.GROUP_BYTES;

  /** Switches all of it off with {@code false}; for tests and comparisons. Read once. */
  public static final String PROPERTY = "conv4j.cpu.machineCode";

  private final MemorySegment code;

  private MachineCode(MemorySegment code) {
    this.code = code;
  }

  /** What can be asked without a class that may be missing. */
  private static boolean isAllowed() {
    return MachineCode.class.getModule().isNativeAccessEnabled()
        && !System.getProperty(PROPERTY, "").equals("false")
        && System.getProperty("os.arch", "").equals("amd64")
        && System.getProperty("os.name", "").equals("Linux")
        && VectorSupport.isUsable();
  }

  /** Vectors of 512 bits are what this JVM prefers, so the processor has them. */
  private static final class Usable {
    static final boolean HERE = isAllowed() && Lanes.BITS == Assembler.VECTOR_BYTES * Byte.SIZE;
  }

  /** The call by the C ABI: nine integers. Linked only where there is something to call. */
  private static final class Abi {
    static final MethodHandle CALL = call();

    @SuppressWarnings("restricted")
    private static MethodHandle call() {
      return Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.ofVoid(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                  JAVA_LONG, JAVA_LONG),
              Linker.Option.critical(false));
    }
  }

  /** A loop of each kind for one tile. All empty where there is no machine code. */
  public static Optional<MachineCode> groups(int rows, int vectors) {
    return Usable.HERE ? of(TileCode.groups(rows, vectors)) : Optional.empty();
  }

  /** Rows some bytes apart. */
  public static Optional<MachineCode> rows(int rows, int vectors) {
    return Usable.HERE ? of(TileCode.rows(rows, vectors)) : Optional.empty();
  }

  /** Windows by two tables. */
  public static Optional<MachineCode> windows(int rows, int vectors) {
    return Usable.HERE ? of(TileCode.windows(rows, vectors)) : Optional.empty();
  }

  /** Planes by a table. */
  public static Optional<MachineCode> planes(int filters, int vectors) {
    return Usable.HERE ? of(TileCode.planes(filters, vectors)) : Optional.empty();
  }

  /** The end of a tile of so many columns: see {@link StripCode}. */
  public static Optional<MachineCode> finish(int vectors) {
    return Usable.HERE ? of(StripCode.finish(vectors)) : Optional.empty();
  }

  private static Optional<MachineCode> of(byte[] bytes) {
    return Optional.ofNullable(ExecutableMemory.of(bytes)).map(MachineCode::new);
  }

  /**
   * Returns the address of an operand for a call.
   *
   * @throws IndexOutOfBoundsException if it has not so many bytes
   */
  public static long address(MemorySegment memory, long at, long bytes) {
    Objects.checkFromIndexSize(at, bytes, memory.byteSize());
    return memory.address() + at;
  }

  /** Calls it, with arguments as {@link TileCode} and {@link StripCode} take them. */
  public void call(
      long depth,
      long a,
      long b,
      long c,
      long cRow,
      long next,
      long first,
      long second,
      long third) {
    try {
      Abi.CALL.invokeExact(code, depth, a, b, c, cRow, next, first, second, third);
    } catch (Throwable impossible) {
      throw new IllegalStateException("machine code that throws", impossible);
    }
  }
}
