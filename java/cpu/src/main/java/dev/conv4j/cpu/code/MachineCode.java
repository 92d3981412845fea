package dev.conv4j.cpu.code;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.memory.SystemPages;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A loop in machine code, in {@link SystemPages}. A call takes as long as one of Java's own and
 * checks nothing; callers check what they pass. The garbage collector waits for its end, so it
 * should be short.
 */
public final class MachineCode {

  /** Bytes that are prefetched with each product. */
  public static final int AHEAD_BYTES = TileCode.GROUP_BYTES;

  /** Bytes of a vector. */
  public static final int VECTOR_BYTES = Assembler.VECTOR_BYTES;

  /** With these limits no sum of distances overflows; no memory is larger. */
  private static final int MOST_ROWS = 1 << 12;

  private static final long FARTHEST = 1L << 48;

  /** Switches all of it off with {@code false}; for tests and comparisons. Read once. */
  public static final String PROPERTY = "conv4j.cpu.machineCode";

  private static final System.Logger LOG = System.getLogger("dev.conv4j.cpu");
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private final MemorySegment code;

  private MachineCode(MemorySegment code) {
    this.code = code;
  }

  /**
   * Returns why there is no machine code here, in a few words, or an empty text. Where vectors of
   * 512 bits are what this JVM prefers, the processor has them.
   */
  public static String obstacle() {
    if (!VectorSupport.isUsable()) {
      return "no vectors";
    }
    if (System.getProperty(PROPERTY, "").equals("false")) {
      return "switched off by " + PROPERTY;
    }
    if (!System.getProperty("os.arch", "").equals("amd64")
        || !System.getProperty("os.name", "").equals("Linux")) {
      return "only for Linux on x86-64";
    }
    if (Lanes.BITS != Assembler.VECTOR_BYTES * Byte.SIZE) {
      return "only for vectors of 512 bits";
    }
    return MachineCode.class.getModule().isNativeAccessEnabled()
        ? ""
        : "it takes --enable-native-access";
  }

  private static final class Usable {
    static final boolean HERE = obstacle().isEmpty();
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

  /** Gathered groups times a panel. Empty where there is no machine code, as are all others. */
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

  /** A formula applied to lines: see {@link LineCode}. */
  public static Optional<MachineCode> lines(LineFormula formula) {
    return Usable.HERE ? of(LineCode.lines(formula)) : Optional.empty();
  }

  /** A matrix transposed: see {@link TransposeCode}. */
  public static Optional<MachineCode> transposition() {
    return Usable.HERE ? of(TransposeCode.matrix()) : Optional.empty();
  }

  /** Eight rows at a time. */
  public static Optional<MachineCode> rowGroups() {
    return Usable.HERE ? of(TransposeCode.groups()) : Optional.empty();
  }

  private static Optional<MachineCode> of(byte[] bytes) {
    MemorySegment code = SystemPages.executable(bytes);
    if (code == null && !WARNED.getAndSet(true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cpu: no machine code, which is faster, because the system refuses executable memory");
    }
    return Optional.ofNullable(code).map(MachineCode::new);
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

  /**
   * Returns the address of an operand of rows some bytes apart.
   *
   * @param rows how many, fewer than {@link #MOST_ROWS}; none have no bytes
   * @param bytes of each
   * @throws IndexOutOfBoundsException if it has not so many
   */
  public static long address(MemorySegment memory, long at, int rows, long stride, long bytes) {
    Objects.checkIndex(rows, MOST_ROWS);
    Objects.checkIndex(stride, FARTHEST);
    return address(memory, at, rows == 0 ? 0 : (rows - 1) * stride + bytes);
  }

  /** Calls it, with arguments as the code takes them. */
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
