package dev.conv4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/**
 * What the build knew about itself.
 *
 * @param version the version
 * @param commit the commit, abbreviated, or {@code unknown}
 */
public record BuildInfo(String version, String commit) {

  /** Reads what the build left in the jar. */
  public static BuildInfo load() {
    Properties properties = new Properties();
    try (InputStream stream = BuildInfo.class.getResourceAsStream("version.properties")) {
      if (stream != null) {
        properties.load(stream);
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return new BuildInfo(
        properties.getProperty("version", "unknown"), properties.getProperty("commit", "unknown"));
  }

  /** Answers {@code --version}. */
  static final class Provider implements IVersionProvider {

    @Override
    public String[] getVersion() {
      BuildInfo build = load();
      return new String[] {
        "conv4j " + build.version + " (" + build.commit + ")", "JDK " + Runtime.version()
      };
    }
  }
}
