package dev.conv4j.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That kernels tell the compiler of their memory, see {@link NativeMemory#NATIVE}. */
class NativeMemoryTest {

  private static List<ClassModel> classes() throws IOException, URISyntaxException {
    Path root =
        Path.of(NativeMemory.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> f.toString().endsWith(".class"))
          .map(NativeMemoryTest::read)
          .toList();
    }
  }

  private static ClassModel read(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<InvokeInstruction> calls(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .filter(InvokeInstruction.class::isInstance)
        .map(InvokeInstruction.class::cast);
  }

  private static boolean movesVectors(MethodModel method) {
    return calls(method)
        .anyMatch(call ->
            call.name().equalsString("fromMemorySegment")
                || call.name().equalsString("intoMemorySegment"));
  }

  private static boolean casts(MethodModel method) {
    return calls(method)
        .anyMatch(call ->
            call.name().equalsString("cast")
                && call.owner().asInternalName().equals("java/lang/Class"));
  }

  @Test
  void methodsThatMoveVectorsCastTheirSegments() throws Exception {
    List<MethodModel> moving =
        classes().stream()
            .flatMap(c -> c.methods().stream())
            .filter(NativeMemoryTest::movesVectors)
            .toList();
    List<String> without =
        moving.stream()
            .filter(method -> !casts(method))
            .map(m -> m.parent().orElseThrow().thisClass().name() + "." + m.methodName())
            .toList();
    assertEquals(List.of(), without);
    assertTrue(moving.size() > 50, "only " + moving.size() + " methods were found");
  }

  @Test
  void noClassOpensConfinedArena() throws Exception {
    List<String> opening =
        classes().stream()
            .filter(c ->
                c.methods().stream()
                    .flatMap(NativeMemoryTest::calls)
                    .anyMatch(call -> call.name().equalsString("ofConfined")))
            .map(c -> c.thisClass().asInternalName())
            .toList();
    assertEquals(List.of(), opening);
  }

  @Test
  void everyNativeSegmentIsOne(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("file"), new byte[64]);
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment allocated = arena.allocate(64);
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 64, arena);
      for (MemorySegment segment :
          List.of(allocated, allocated.asSlice(8), allocated.asReadOnly(), mapped)) {
        assertSame(segment, NativeMemory.NATIVE.cast(segment));
      }
    }
  }
}
