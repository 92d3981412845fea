package dev.conv4j.onnx.op;

/**
 * A node made ready to run. Shared by threads; what it keeps between runs are plans and packed
 * filters.
 */
@FunctionalInterface
public interface Kernel extends AutoCloseable {

  /** Reads the inputs and writes the outputs. */
  void run(Frame frame);

  /**
   * Returns whether output 0 may take the memory of this input, when both have the same size:
   * element i of the output is written after element i of the input was read for the last time.
   */
  default boolean inPlace(int input) {
    return false;
  }

  /**
   * Returns whether output 0 is nothing but the inputs one after the other, so that those may be
   * made at their place in it; the kernel leaves alone what lies there already.
   *
   * @param dims the output's dimensions
   */
  default boolean joins(long... dims) {
    return false;
  }

  /**
   * Returns the predicted time of a run, as far as the order in which images lie makes a
   * difference.
   *
   * @param frame what the inputs look like, without their elements
   */
  default double seconds(Frame frame) {
    return 0;
  }

  /** Gives back what the kernel keeps between runs. */
  @Override
  default void close() {}

  /** A kernel whose output may take the memory of any of its inputs. */
  @FunctionalInterface
  interface InPlace extends Kernel {
    @Override
    default boolean inPlace(int input) {
      return true;
    }
  }
}
