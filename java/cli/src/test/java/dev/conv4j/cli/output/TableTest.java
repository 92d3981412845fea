package dev.conv4j.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void columnsAreAsWideAsTheirWidestCellAndNumbersStandRight() {
    Table table = new Table("name", ">ms", "check");
    table.row("a", "10.00", "ok");
    table.row("longer", "1.5", "FAILED");
    assertEquals(
        """
        name       ms  check
        a       10.00  ok
        longer    1.5  FAILED
        """,
        printed(table, false));
  }

  @Test
  void headersAreBoldWhereThatShows() {
    assertEquals("\u001b[1mx\u001b[0m\n", printed(new Table("x"), true));
  }

  private static String printed(Table table, boolean styled) {
    StringWriter out = new StringWriter();
    PrintWriter writer = new PrintWriter(out);
    table.print(new Terminal(writer, writer, false, styled, true));
    return out.toString().replace(System.lineSeparator(), "\n");
  }
}
