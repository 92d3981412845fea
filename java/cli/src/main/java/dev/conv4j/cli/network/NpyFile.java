package dev.conv4j.cli.network;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.output.OutputFile;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** NumPy's file of one array, versions 1 to 3 (numpy.lib.format). */
final class NpyFile {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private static final Map<String, ElementType> TYPES =
      Map.ofEntries(
          Map.entry("<f4", ElementType.FLOAT),
          Map.entry("<f8", ElementType.DOUBLE),
          Map.entry("<f2", ElementType.FLOAT16),
          Map.entry("|u1", ElementType.UINT8),
          Map.entry("|i1", ElementType.INT8),
          Map.entry("<u2", ElementType.UINT16),
          Map.entry("<i2", ElementType.INT16),
          Map.entry("<u4", ElementType.UINT32),
          Map.entry("<i4", ElementType.INT32),
          Map.entry("<u8", ElementType.UINT64),
          Map.entry("<i8", ElementType.INT64),
          Map.entry("|b1", ElementType.BOOL));

  private static final Pattern HEADER =
      Pattern.compile(
          "'descr':\\s*'([^']+)'.*'fortran_order':\\s*(True|False).*'shape':\\s*\\(([0-9,\\sL]*)\\)",
          Pattern.DOTALL);

  private NpyFile() {}

  static OnnxTensor read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 12 || !Arrays.equals(MAGIC, 0, 6, bytes, 0, 6)) {
      throw wrong(file, "without NumPy's first bytes");
    }
    int start = bytes[6] == 1 ? 10 : 12;
    long length = bytes[6] == 1 ? in.getShort(8) & 0xffff : in.getInt(8) & 0xffffffffL;
    if (length > bytes.length - start) {
      throw wrong(file, "cut off in its header");
    }
    String header = new String(bytes, start, (int) length, StandardCharsets.UTF_8);
    Matcher found = HEADER.matcher(header);
    if (!found.find() || !TYPES.containsKey(found.group(1))) {
      throw wrong(file, "with the header " + header.strip());
    }
    if (found.group(2).equals("True")) {
      throw wrong(file, "in Fortran order");
    }
    long[] dims =
        Pattern.compile("[0-9]+")
            .matcher(found.group(3))
            .results()
            .mapToLong(number -> Long.parseLong(number.group()))
            .toArray();
    MemorySegment data = MemorySegment.ofArray(bytes).asSlice(start + length);
    return OnnxTensor.copied(TYPES.get(found.group(1)), dims, data);
  }

  private static InvalidArgumentException wrong(Path file, String what) {
    return new InvalidArgumentException(
        "array file '" + file + "'", what, "a row-major NumPy array of numbers");
  }

  static void write(OutputFile file, OnnxTensor tensor) {
    String type =
        TYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == tensor.type())
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() ->
                new InvalidArgumentException(
                    "output type", tensor.type().spelling(), "one that NumPy has"));
    String dims =
        Arrays.stream(tensor.dims()).mapToObj(dim -> dim + ",").collect(Collectors.joining());
    String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + dims + ")}";
    int padded = Math.ceilDiv(10 + header.length() + 1, 64) * 64 - 10;
    ByteBuffer start = ByteBuffer.allocate(10 + padded).order(ByteOrder.LITTLE_ENDIAN);
    start.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded);
    start.put(header.getBytes(StandardCharsets.US_ASCII));
    while (start.remaining() > 1) {
      start.put((byte) ' ');
    }
    start.put((byte) '\n');
    file.write(stream -> {
      stream.write(start.array());
      stream.write(tensor.toByteArray());
    });
  }
}
