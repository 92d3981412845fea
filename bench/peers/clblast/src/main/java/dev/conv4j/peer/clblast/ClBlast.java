package dev.conv4j.peer.clblast;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.conv4j.Convolution;
import dev.conv4j.DeviceFailureException;
import dev.conv4j.cli.peer.Peer.Availability;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The three functions of CLBlast a convolution can be made of. All sizes are in elements. */
final class ClBlast {

  /** What a convolution is made of. */
  enum Route {
    /** One call. */
    CONVGEMM,
    /** Two calls for each image, or one where the filter is 1x1. */
    IM2COL_GEMM
  }

  private static final String LIBRARY = "libclblast.so.1";
  private static final int CROSS_CORRELATION = 151;
  private static final int ROW_MAJOR = 101;
  private static final int AS_IT_IS = 111;

  private final MethodHandle convgemm;
  private final MethodHandle im2col;
  private final MethodHandle gemm;

  private ClBlast(SymbolLookup library) {
    List<MemoryLayout> buffer = List.of(ADDRESS, JAVA_LONG);
    List<MemoryLayout> matrix = List.of(ADDRESS, JAVA_LONG, JAVA_LONG);
    List<MemoryLayout> queue = List.of(ADDRESS, ADDRESS);
    this.convgemm =
        function(
            library,
            "CLBlastSconvgemm",
            List.of(List.of(JAVA_INT), longs(13), buffer, buffer, buffer, queue));
    this.im2col =
        function(
            library,
            "CLBlastSim2col",
            List.of(List.of(JAVA_INT), longs(11), buffer, buffer, queue));
    this.gemm =
        function(
            library,
            "CLBlastSgemm",
            List.of(
                List.of(JAVA_INT, JAVA_INT, JAVA_INT),
                longs(3),
                List.of(JAVA_FLOAT),
                matrix,
                matrix,
                List.of(JAVA_FLOAT),
                matrix,
                queue));
  }

  private static List<MemoryLayout> longs(int count) {
    return Collections.nCopies(count, JAVA_LONG);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle function(
      SymbolLookup library, String name, List<List<MemoryLayout>> arguments) {
    MemoryLayout[] flat = arguments.stream().flatMap(List::stream).toArray(MemoryLayout[]::new);
    return Linker.nativeLinker()
        .downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, flat));
  }

  /** Says whether the library and a device are here. */
  static Availability probe() {
    try {
      library();
    } catch (IllegalArgumentException absent) {
      return new Availability.Absent(
          LIBRARY + " is not on this machine (Debian has it in libclblast1)");
    }
    return OpenCl.reasonForAbsence()
        .<Availability>map(Availability.Absent::new)
        .orElseGet(() -> new Availability.Present(version()));
  }

  @SuppressWarnings("restricted")
  private static SymbolLookup library() {
    return SymbolLookup.libraryLookup(LIBRARY, Arena.global());
  }

  /** Returns the version, which the library itself does not tell but the loaded file's name. */
  private static String version() {
    Pattern name = Pattern.compile(".*libclblast\\.so\\.([0-9.]+)");
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.map(name::matcher)
          .filter(m -> m.matches())
          .map(m -> m.group(1))
          .findFirst()
          .orElse("1");
    } catch (IOException notLinux) {
      return "1";
    }
  }

  static ClBlast load() {
    return new ClBlast(library());
  }

  /** Enqueues a whole convolution. */
  void convgemm(
      Convolution c, MemorySegment x, MemorySegment w, MemorySegment y, MemorySegment queue) {
    OpenCl.call(
        "CLBlastSconvgemm",
        () ->
            (int)
                convgemm.invokeExact(
                    CROSS_CORRELATION,
                    c.channels(),
                    c.input().h(),
                    c.input().w(),
                    c.filter().h(),
                    c.filter().w(),
                    c.padBegin().h(),
                    c.padBegin().w(),
                    c.stride().h(),
                    c.stride().w(),
                    c.dilation().h(),
                    c.dilation().w(),
                    c.filters(),
                    c.batch(),
                    x,
                    0L,
                    w,
                    0L,
                    y,
                    0L,
                    queue,
                    MemorySegment.NULL));
  }

  /** Enqueues the convolution of one image: columns, unless the filter is 1x1, and a product. */
  void im2colGemm(
      Convolution c,
      long image,
      MemorySegment x,
      MemorySegment w,
      MemorySegment columns,
      MemorySegment y,
      MemorySegment queue) {
    long pixels = c.output().product();
    long products = c.channels() * c.filter().product();
    long from = image * c.channels() * c.input().product();
    boolean direct = c.isPointwise();
    if (!direct) {
      im2col(c, x, from, columns, queue);
    }
    MemorySegment b = direct ? x : columns;
    long start = direct ? from : 0;
    OpenCl.call(
        "CLBlastSgemm",
        () ->
            (int)
                gemm.invokeExact(
                    ROW_MAJOR,
                    AS_IT_IS,
                    AS_IT_IS,
                    c.filters(),
                    pixels,
                    products,
                    1f,
                    w,
                    0L,
                    products,
                    b,
                    start,
                    pixels,
                    0f,
                    y,
                    image * c.filters() * pixels,
                    pixels,
                    queue,
                    MemorySegment.NULL));
  }

  private void im2col(
      Convolution c, MemorySegment x, long from, MemorySegment columns, MemorySegment queue) {
    OpenCl.call(
        "CLBlastSim2col",
        () ->
            (int)
                im2col.invokeExact(
                    CROSS_CORRELATION,
                    c.channels(),
                    c.input().h(),
                    c.input().w(),
                    c.filter().h(),
                    c.filter().w(),
                    c.padBegin().h(),
                    c.padBegin().w(),
                    c.stride().h(),
                    c.stride().w(),
                    c.dilation().h(),
                    c.dilation().w(),
                    x,
                    from,
                    columns,
                    0L,
                    queue,
                    MemorySegment.NULL));
  }

  /** Turns a refusal into an exception. */
  static DeviceFailureException failure(String what, int code) {
    return new DeviceFailureException(what + " fails with error " + code);
  }
}
