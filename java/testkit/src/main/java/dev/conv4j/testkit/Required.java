package dev.conv4j.testkit;

import java.util.Arrays;
import java.util.List;

/** What the property {@code conv4j.test.require} demands: names, separated by commas. */
public final class Required {

  private Required() {}

  /** Returns the names whose absence is a failure. */
  public static List<String> backends() {
    return Arrays.stream(System.getProperty("conv4j.test.require", "").split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }
}
