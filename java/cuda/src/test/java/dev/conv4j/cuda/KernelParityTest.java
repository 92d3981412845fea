package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The OpenCL and the CUDA source of one stem are twins: entry, parameters, tile names. */
class KernelParityTest {

  private static final Path CL = Path.of("../../kernels-cl");
  private static final Path CU = Path.of("../../kernels-cu");

  static Stream<String> stems() throws IOException {
    try (Stream<Path> files = Files.list(CU)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".cu"))
          .map(name -> name.substring(0, name.length() - 3))
          .filter(stem -> Files.exists(CL.resolve(stem + ".cl")))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("stems")
  void entryAndParametersAreTheSame(String stem) {
    List<List<String>> cuda = entries(CU.resolve(stem + ".cu"), stem);
    List<List<String>> opencl = entries(CL.resolve(stem + ".cl"), stem);
    assertEquals(1, cuda.size(), "entries of " + stem + ".cu");
    assertFalse(opencl.isEmpty(), "no entry in " + stem + ".cl");
    opencl.forEach(parameters -> assertEquals(parameters, cuda.getFirst(), stem));
  }

  @ParameterizedTest
  @MethodSource("stems")
  void tilesHaveTheSameNames(String stem) {
    assertEquals(
        tiles(CL, stem + ".cl", new TreeSet<>()), tiles(CU, stem + ".cu", new TreeSet<>()));
  }

  @Test
  void theParameterBlocksHaveTheSameFields() {
    List<String> opencl =
        fields(text(CL.resolve("common.cl")), "typedef struct \\{(.*?)} ConvParams");
    List<String> cuda = fields(text(CU.resolve("common.cuh")), "struct ConvParams \\{(.*?)};");
    assertEquals(opencl, cuda.subList(0, opencl.size()));
    assertEquals(
        List.of("types", "direction", "channelsLast", "reserved"),
        cuda.subList(opencl.size(), cuda.size()));
  }

  static Stream<String> operators() throws IOException {
    return stems().filter(stem -> stem.startsWith("operator_"));
  }

  @ParameterizedTest
  @MethodSource("operators")
  void theOperatorsParameterBlocksHaveTheSameFields(String stem) {
    List<String> opencl =
        fields(text(CL.resolve(stem + ".cl")), "typedef struct \\{(.*?)} \\w+Params");
    List<String> cuda = fields(text(CU.resolve(stem + ".cu")), "struct \\w+Params \\{(.*?)};");
    assertEquals(opencl, cuda);
    assertEquals("at[6]", cuda.getFirst());
  }

  @Test
  void theOperatorsHaveTheSameOperands() {
    assertEquals(operands(CL.resolve("operator.cl")), operands(CU.resolve("operator.cuh")));
    assertEquals(6, operands(CU.resolve("operator.cuh")).size());
  }

  private static List<String> operands(Path file) {
    Pattern definition = Pattern.compile("#define OPERANDS((?:.*\\\\\n)*.*)\n");
    String list = definition.matcher(text(file)).results().findFirst().orElseThrow().group(1);
    return Arrays.stream(list.split(",", -1))
        .map(operand -> operand.strip().replaceFirst("(?s).*[\\s*]", ""))
        .toList();
  }

  private static List<String> fields(String source, String struct) {
    MatchResult found =
        Pattern.compile(struct, Pattern.DOTALL).matcher(source).results().findFirst().orElseThrow();
    return Arrays.stream(found.group(1).replaceAll("//[^\n]*", "").split("[;,]", -1))
        .map(String::strip)
        .filter(field -> !field.isEmpty())
        .map(field -> field.replaceFirst(".*\\s", ""))
        .toList();
  }

  private static List<List<String>> entries(Path file, String entry) {
    Pattern definition =
        Pattern.compile("(?:kernel|__global__)[^;{}]*?\\b" + entry + "\\(([^{}]*?)\\)\\s*\\{");
    return definition
        .matcher(text(file))
        .results()
        .map(found ->
            Arrays.stream(found.group(1).split(",", -1))
                .map(parameter -> parameter.strip().replaceFirst("(?s).*[\\s*]", ""))
                .toList())
        .toList();
  }

  /** Returns the tile macros of a file and of what it includes beside the common header. */
  private static Set<String> tiles(Path folder, String file, Set<String> into) {
    String source = text(folder.resolve(file));
    Pattern.compile("#ifndef ((?:TILE|THREAD|VEC)_[A-Z]+)")
        .matcher(source)
        .results()
        .forEach(found -> into.add(found.group(1)));
    List<String> included = new ArrayList<>();
    Pattern.compile("#include \"([a-z_]+[.]cuh?|[a-z_]+[.]cl)\"")
        .matcher(source)
        .results()
        .forEach(found -> included.add(found.group(1)));
    included.forEach(name -> tiles(folder, name, into));
    return into;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
