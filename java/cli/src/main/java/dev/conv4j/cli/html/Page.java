package dev.conv4j.cli.html;

import static j2html.TagCreator.body;
import static j2html.TagCreator.dd;
import static j2html.TagCreator.dl;
import static j2html.TagCreator.document;
import static j2html.TagCreator.dt;
import static j2html.TagCreator.each;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.join;
import static j2html.TagCreator.main;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.style;
import static j2html.TagCreator.title;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.output.OutputFile;
import j2html.tags.DomContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A whole page: what was measured where, then its sections. It holds its own style and no script,
 * and forbids the browser to load anything.
 *
 * @param heading what it is about
 * @param machine what it was measured on
 * @param sections the rest
 */
public record Page(String heading, Machine machine, List<DomContent> sections) {

  private static final String STYLE = "page.css";

  /** Copies the list. */
  public Page {
    sections = List.copyOf(sections);
  }

  /** Writes the file, whole or not at all. */
  public void writeTo(OutputFile file) {
    byte[] bytes = text().getBytes(StandardCharsets.UTF_8);
    file.write(stream -> stream.write(bytes));
  }

  /** Returns the page's text. */
  public String text() {
    return document(
        html(
                head(
                    meta().withCharset("utf-8"),
                    meta().withName("viewport").withContent("width=device-width"),
                    meta()
                        .attr("http-equiv", "Content-Security-Policy")
                        .withContent("default-src 'none'; style-src 'unsafe-inline'"),
                    title(heading),
                    style(rawHtml(css()))),
                body(main(join(h1(heading), facts(), each(sections, section -> section)))))
            .withLang("en"));
  }

  private DomContent facts() {
    return dl(each(machine.toJson().entrySet(), fact -> join(dt(fact.getKey()), dd(words(fact)))));
  }

  private static String words(Map.Entry<String, Object> fact) {
    return fact.getValue() instanceof List<?> list
        ? list.stream().map(Page::words).collect(Collectors.joining("; "))
        : String.valueOf(fact.getValue());
  }

  private static String words(Object item) {
    return item instanceof Map<?, ?> map
        ? map.values().stream().map(String::valueOf).collect(Collectors.joining(", "))
        : String.valueOf(item);
  }

  private static String css() {
    try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(STYLE), STYLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
