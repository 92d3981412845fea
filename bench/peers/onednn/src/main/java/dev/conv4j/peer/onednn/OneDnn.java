package dev.conv4j.peer.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The part of oneDNN's C interface that a convolution needs; numbers are those of dnnl_types.h of
 * version 3. Handles are addresses; whoever gets one destroys it.
 */
@SuppressWarnings("restricted") // Calling another library is what this is for.
final class OneDnn {

  static final int AUTO = 3;
  static final int WINOGRAD = 2;

  static final int ARG_SRC = 1;
  static final int ARG_DST = 17;
  static final int ARG_WEIGHTS = 33;

  static final int QUERY_SRC = 129;
  static final int QUERY_WEIGHTS = 131;
  static final int QUERY_DST = 133;

  private static final int CPU = 1;
  private static final int IN_ORDER = 1;
  private static final int F32 = 3;
  private static final int ANY = 1;
  private static final int FORWARD_INFERENCE = 96;
  private static final int MOST_DIMENSIONS = 12;

  /** Bytes of a dnnl_exec_arg_t: a number, padding and a handle. */
  private static final long ARGUMENT = 16;

  private final SymbolLookup symbols;
  private final MethodHandle setThreads;
  private final MethodHandle execute;
  private final MethodHandle await;
  private final MemorySegment engine;
  private final MemorySegment stream;
  private final String version;

  /**
   * Loads the library for the life of the process.
   *
   * @param directory holds libdnnl.so.3 and the OpenMP runtime it was linked to
   */
  OneDnn(Path directory) {
    SymbolLookup openMp =
        SymbolLookup.libraryLookup(directory.resolve("libgomp.so.1"), Arena.global());
    symbols = SymbolLookup.libraryLookup(directory.resolve("libdnnl.so.3"), Arena.global());
    setThreads =
        Linker.nativeLinker()
            .downcallHandle(
                openMp.findOrThrow("omp_set_num_threads"), FunctionDescriptor.ofVoid(JAVA_INT));
    execute = handle("dnnl_primitive_execute", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
    await = handle("dnnl_stream_wait", JAVA_INT, ADDRESS);
    engine = create("dnnl_engine_create", CPU, 0L);
    stream = create("dnnl_stream_create", engine, IN_ORDER);
    MemorySegment numbers =
        ((MemorySegment) invoke(handle("dnnl_version", ADDRESS))).reinterpret(3 * 4);
    version =
        numbers.getAtIndex(JAVA_INT, 0)
            + "."
            + numbers.getAtIndex(JAVA_INT, 1)
            + "."
            + numbers.getAtIndex(JAVA_INT, 2);
  }

  String version() {
    return version;
  }

  /** Sets the number of threads for primitives that this thread makes and runs from now on. */
  void threads(int threads) {
    try {
      setThreads.invokeExact(threads);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Returns a descriptor of dense or strided f32. */
  MemorySegment descriptor(long[] extents, long[] strides) {
    return create(
        "dnnl_memory_desc_create_with_strides", extents.length, dims(extents), F32, dims(strides));
  }

  /** Returns a descriptor whose order the library chooses. */
  MemorySegment anyDescriptor(long[] extents) {
    return create("dnnl_memory_desc_create_with_tag", extents.length, dims(extents), F32, ANY);
  }

  /**
   * Returns the descriptor of a convolution, or {@link MemorySegment#NULL} where the library has no
   * implementation.
   */
  MemorySegment convolution(
      int algorithm,
      MemorySegment source,
      MemorySegment weights,
      MemorySegment result,
      long[][] geometry) {
    Object[] arguments = {
      engine,
      FORWARD_INFERENCE,
      algorithm,
      source,
      weights,
      MemorySegment.NULL,
      result,
      dims(geometry[0]),
      dims(geometry[1]),
      dims(geometry[2]),
      dims(geometry[3]),
      MemorySegment.NULL
    };
    return tryCreate("dnnl_convolution_forward_primitive_desc_create", arguments);
  }

  /** Returns a primitive that rearranges. */
  MemorySegment reorder(MemorySegment from, MemorySegment to) {
    MemorySegment descriptor =
        create("dnnl_reorder_primitive_desc_create", from, engine, to, engine, MemorySegment.NULL);
    try {
      return primitive(descriptor);
    } finally {
      destroy("dnnl_primitive_desc_destroy", descriptor);
    }
  }

  /** Returns the primitive of a descriptor. */
  MemorySegment primitive(MemorySegment descriptor) {
    return create("dnnl_primitive_create", descriptor);
  }

  /** Returns an operand's memory descriptor, owned by the primitive's. */
  MemorySegment query(MemorySegment descriptor, int what) {
    MethodHandle handle =
        handle("dnnl_primitive_desc_query_md", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT);
    return (MemorySegment) invoke(handle, descriptor, what, 0);
  }

  boolean equal(MemorySegment one, MemorySegment other) {
    return (int) invoke(handle("dnnl_memory_desc_equal", JAVA_INT, ADDRESS, ADDRESS), one, other)
        != 0;
  }

  long bytes(MemorySegment memoryDescriptor) {
    return (long) invoke(handle("dnnl_memory_desc_get_size", JAVA_LONG, ADDRESS), memoryDescriptor);
  }

  /** Returns a memory object over a buffer. */
  MemorySegment memory(MemorySegment memoryDescriptor, MemorySegment buffer) {
    return create("dnnl_memory_create", memoryDescriptor, engine, buffer);
  }

  void destroy(String function, MemorySegment handle) {
    check(function, (int) invoke(handle(function, JAVA_INT, ADDRESS), handle));
  }

  /** Returns the arguments of an execution: numbers and memory objects in turn. */
  static MemorySegment arguments(Arena arena, Object... pairs) {
    MemorySegment arguments = arena.allocate(ARGUMENT * pairs.length / 2, 8);
    for (int i = 0; i < pairs.length; i += 2) {
      arguments.set(JAVA_INT, ARGUMENT * i / 2, (int) pairs[i]);
      arguments.set(ADDRESS, ARGUMENT * i / 2 + 8, (MemorySegment) pairs[i + 1]);
    }
    return arguments;
  }

  /** Enqueues a primitive. */
  void execute(MemorySegment primitive, MemorySegment arguments) {
    int status;
    try {
      int count = (int) (arguments.byteSize() / ARGUMENT);
      status = (int) execute.invokeExact(primitive, stream, count, arguments);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    check("dnnl_primitive_execute", status);
  }

  /** Waits for what was enqueued. */
  void await() {
    int status;
    try {
      status = (int) await.invokeExact(stream);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    check("dnnl_stream_wait", status);
  }

  private static MemorySegment dims(long[] values) {
    return Arena.ofAuto().allocateFrom(JAVA_LONG, Arrays.copyOf(values, MOST_DIMENSIONS));
  }

  private MemorySegment create(String function, Object... arguments) {
    MemorySegment made = tryCreate(function, arguments);
    if (made.equals(MemorySegment.NULL)) {
      throw new IllegalStateException("oneDNN refuses " + function);
    }
    return made;
  }

  /** Calls a function whose first parameter receives a handle; NULL where it says no. */
  private MemorySegment tryCreate(String function, Object... arguments) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment made = arena.allocate(ADDRESS);
      MemoryLayout[] types = new MemoryLayout[arguments.length + 1];
      Object[] all = new Object[arguments.length + 1];
      types[0] = ADDRESS;
      all[0] = made;
      for (int i = 0; i < arguments.length; i++) {
        all[i + 1] = arguments[i];
        types[i + 1] =
            arguments[i] instanceof Integer
                ? JAVA_INT
                : arguments[i] instanceof Long ? JAVA_LONG : ADDRESS;
      }
      int status = (int) invoke(handle(function, JAVA_INT, types), all);
      return status == 0 ? made.get(ADDRESS, 0) : MemorySegment.NULL;
    }
  }

  private MethodHandle handle(String function, MemoryLayout result, MemoryLayout... parameters) {
    return Linker.nativeLinker()
        .downcallHandle(symbols.findOrThrow(function), FunctionDescriptor.of(result, parameters));
  }

  private static Object invoke(MethodHandle handle, Object... arguments) {
    try {
      return handle.invokeWithArguments(arguments);
    } catch (RuntimeException | Error failed) {
      throw failed;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static void check(String function, int status) {
    if (status != 0) {
      throw new IllegalStateException("oneDNN: " + function + " returns " + status);
    }
  }
}
