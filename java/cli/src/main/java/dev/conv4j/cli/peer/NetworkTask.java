package dev.conv4j.cli.peer;

import java.nio.file.Path;
import java.util.Map;

/**
 * A network to be made ready and timed.
 *
 * @param model an ONNX file
 * @param threads CPU threads to use, 0 for one per physical core
 * @param inputs a tensor of floats for each input, by name
 */
public record NetworkTask(Path model, int threads, Map<String, Input> inputs) {

  /** Copies the map. */
  public NetworkTask {
    inputs = Map.copyOf(inputs);
  }

  /**
   * An input.
   *
   * @param dims its dimensions
   * @param values its elements in row-major order
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Input(long[] dims, float[] values) {}
}
