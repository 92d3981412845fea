package dev.conv4j.cli.output;

import java.util.ArrayList;
import java.util.List;

/** Lines of cells in columns as wide as their widest cell; numbers are right-aligned. */
public final class Table {

  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();
  private final String[] headers;
  private final boolean[] right;

  /**
   * @param headers one for each column; a leading {@code >} right-aligns the column
   */
  public Table(String... headers) {
    this.headers = new String[headers.length];
    this.right = new boolean[headers.length];
    for (int i = 0; i < headers.length; i++) {
      right[i] = headers[i].startsWith(">");
      this.headers[i] = right[i] ? headers[i].substring(1) : headers[i];
    }
  }

  /** Adds a line; missing cells at its end stay empty. */
  public void row(String... cells) {
    if (cells.length > headers.length) {
      throw new IllegalArgumentException(cells.length + " cells in " + headers.length + " columns");
    }
    rows.add(cells.clone());
  }

  /** Adds an empty line. */
  public void gap() {
    rows.add(new String[0]);
  }

  /** Prints the headers, in bold, and the lines. */
  public void print(Terminal terminal) {
    int[] widths = widths();
    terminal.out().println(terminal.bold(line(headers, widths)));
    for (String[] cells : rows) {
      terminal.out().println(line(cells, widths));
    }
    terminal.out().flush();
  }

  private int[] widths() {
    int[] widths = new int[headers.length];
    for (int i = 0; i < headers.length; i++) {
      widths[i] = headers[i].length();
      for (String[] cells : rows) {
        widths[i] = Math.max(widths[i], i < cells.length ? cells[i].length() : 0);
      }
    }
    return widths;
  }

  private String line(String[] cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      String space = " ".repeat(widths[i] - cells[i].length());
      line.append(i > 0 ? GAP : "").append(right[i] ? space + cells[i] : cells[i] + space);
    }
    return line.toString().stripTrailing();
  }
}
