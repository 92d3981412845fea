package dev.conv4j.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

  @Test
  void whatIsNotANumberIsNull() throws IOException {
    StringWriter out = new StringWriter();
    PrintWriter writer = new PrintWriter(out);
    Json.to("-", new Terminal(writer, writer, false, false, true))
        .write(
            Map.of(
                "a", Double.NaN, "b", List.of(1.5, Double.POSITIVE_INFINITY), "c", "\"\n\u00e9"));
    Map<String, Object> expected = new HashMap<>();
    expected.put("a", null);
    expected.put("b", java.util.Arrays.asList(1.5, null));
    expected.put("c", "\"\n\u00e9");
    assertEquals(expected, JSON.std.mapFrom(out.toString()));
  }
}
